package shell

import (
	"strings"

	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// Commands that only the rewriter writes; see onExec.
const (
	callBackground = "@background"
	callExec       = "@exec"
	callLast       = "@last"
	callTraps      = "@traps"
	callKill       = "@kill"
	callWait       = "@wait"
	callTrap       = "@trap"
	callUmask      = "@umask"
	callUlimit     = "@ulimit"
	callJobs       = "@jobs"
)

// Variables that stand for $! and $$, which the interpreter does not let us set.
const (
	lastJob  = "__last_job"
	shellPid = "__shell_pid"
)

// rewriter changes a parsed program so that processes are real. It remembers the
// source of each function, for children that are shells themselves.
type rewriter struct {
	functions map[string]string
	order     []string
}

// program rewrites a whole script.
func (w *rewriter) program(file *syntax.File) {
	trapping := setsTrap(file)
	for _, s := range file.Stmts {
		w.statement(s)
	}
	markExecs(file.Stmts)
	if trapping {
		file.Stmts = interleave(file.Stmts)
		return // the last command must come back for the traps
	}
	if n := len(file.Stmts); n > 0 {
		markLast(file.Stmts[n-1])
	}
}

// statement rewrites background commands, $! and $$ in a statement and all below it.
func (w *rewriter) statement(root *syntax.Stmt) {
	syntax.Walk(root, func(node syntax.Node) bool {
		switch node := node.(type) {
		case *syntax.Stmt:
			if node.Background || node.Disown {
				w.background(node)
			}
		case *syntax.FuncDecl:
			w.remember(node)
		case *syntax.ParamExp:
			standIn(node)
		}
		return true
	})
}

// standIn puts our variable in the place of $! and $$.
func standIn(node *syntax.ParamExp) {
	if node.Param == nil {
		return
	}
	switch node.Param.Value {
	case "!":
		node.Param.Value, node.Short = lastJob, false
	case "$":
		node.Param.Value, node.Short = shellPid, false
	}
}

// background turns "x &" into "@background 'x' "$@"".
func (w *rewriter) background(s *syntax.Stmt) {
	s.Background, s.Disown = false, false
	var text strings.Builder
	_ = syntax.NewPrinter().Print(&text, s)
	parameters := &syntax.Word{Parts: []syntax.WordPart{&syntax.DblQuoted{
		Parts: []syntax.WordPart{&syntax.ParamExp{Short: true, Param: &syntax.Lit{Value: "@"}}}}}}
	s.Negated, s.Redirs = false, nil
	s.Cmd = &syntax.CallExpr{Args: []*syntax.Word{literal(callBackground), quoted(text.String()), parameters}}
}

func literal(text string) *syntax.Word {
	return &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: text}}}
}

// quoted is a word that stands for exactly the text.
func quoted(text string) *syntax.Word {
	parts := []syntax.WordPart{}
	for i, piece := range strings.Split(text, "'") {
		if i > 0 {
			parts = append(parts, &syntax.DblQuoted{Parts: []syntax.WordPart{&syntax.Lit{Value: "'"}}})
		}
		parts = append(parts, &syntax.SglQuoted{Value: piece})
	}
	return &syntax.Word{Parts: parts}
}

func (w *rewriter) remember(f *syntax.FuncDecl) {
	var text strings.Builder
	_ = syntax.NewPrinter().Print(&text, f)
	if _, known := w.functions[f.Name.Value]; !known {
		w.order = append(w.order, f.Name.Value)
	}
	w.functions[f.Name.Value] = text.String()
}

// declarations is the source of all functions, to go before a child's program.
func (w *rewriter) declarations() string {
	var text strings.Builder
	for _, name := range w.order {
		text.WriteString(w.functions[name] + "\n")
	}
	return text.String()
}

// setsTrap reports whether the program sets a trap.
func setsTrap(file *syntax.File) (found bool) {
	syntax.Walk(file, func(node syntax.Node) bool {
		if call, ok := node.(*syntax.CallExpr); ok && len(call.Args) > 0 && call.Args[0].Lit() == "trap" {
			found = true
		}
		return true
	})
	return found
}

// markExecs renames exec where it is this process that must be replaced: not in
// subshells and pipelines, which are no processes here, nor in functions, which
// may be called there.
func markExecs(statements []*syntax.Stmt) {
	for _, s := range statements {
		syntax.Walk(s, func(node syntax.Node) bool {
			switch node := node.(type) {
			case *syntax.Subshell, *syntax.CmdSubst, *syntax.ProcSubst, *syntax.FuncDecl:
				return false
			case *syntax.BinaryCmd:
				return node.Op != syntax.Pipe && node.Op != syntax.PipeAll
			case *syntax.CallExpr:
				if len(node.Args) > 1 && node.Args[0].Lit() == "exec" {
					node.Args[0] = literal(callExec)
				}
			}
			return true
		})
	}
}

// markLast lets the last command of a script replace the shell, as most shells
// do, so that "sh -c 'sleep 60'" is one process. A here-document is fed by the
// shell, which therefore has to stay.
func markLast(s *syntax.Stmt) {
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || s.Negated || s.Coprocess || len(call.Args) == 0 || len(call.Assigns) > 0 {
		return
	}
	for _, r := range s.Redirs {
		if r.Hdoc != nil || r.Op == syntax.WordHdoc {
			return
		}
	}
	name := call.Args[0].Lit()
	if name == "" || strings.HasPrefix(name, "@") || interp.IsBuiltin(name) {
		return
	}
	call.Args = append([]*syntax.Word{literal(callLast)}, call.Args...)
}

// interleave puts a look at the pending signals behind every statement that this
// process itself runs.
func interleave(statements []*syntax.Stmt) []*syntax.Stmt {
	var all []*syntax.Stmt
	for _, s := range statements {
		interleaveBelow(s.Cmd)
		look := &syntax.Stmt{Cmd: &syntax.CallExpr{Args: []*syntax.Word{literal(callTraps)}}}
		all = append(all, s, look)
	}
	return all
}

func interleaveBelow(command syntax.Command) {
	switch c := command.(type) {
	case *syntax.Block:
		c.Stmts = interleave(c.Stmts)
	case *syntax.IfClause:
		for clause := c; clause != nil; clause = clause.Else {
			clause.Then = interleave(clause.Then)
		}
	case *syntax.WhileClause:
		c.Do = interleave(c.Do)
	case *syntax.ForClause:
		c.Do = interleave(c.Do)
	case *syntax.CaseClause:
		for _, item := range c.Items {
			item.Stmts = interleave(item.Stmts)
		}
	case *syntax.FuncDecl:
		interleaveBelow(c.Body.Cmd)
	}
}
