package expr

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker/nature"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"isolab/schema"
)

// Program is a compiled expression. It never changes and may be evaluated by many
// goroutines at once.
type Program struct {
	src   *source
	scope *Scope
	want  reflect.Type
	typ   typ
	names []string
	paths []*path
	code  *vm.Program
}

// Compile checks an expression against the names it may use and makes it ready to
// be evaluated. want is the type that the value must have: bool for a claim, nil
// for any. The value of another type is taken where nothing is lost: a number for
// a ratio, a single value for text.
func Compile(e schema.Expr, scope *Scope, want reflect.Type) (*Program, *schema.Diagnostic) {
	p, src, f := compile(e, scope, want, nil)
	if f != nil {
		return nil, src.diagnostic(f)
	}
	return p, nil
}

func compile(e schema.Expr, scope *Scope, want reflect.Type, notes *notebook) (p *Program, src *source, f *fault) {
	src, f = scan(e)
	if f != nil {
		return nil, src, f
	}
	defer func() {
		if broken := recover(); broken != nil {
			p, f = nil, &fault{to: len(src.runes), code: schema.CodeBadExpr, message: fmt.Sprintf("the expression cannot be compiled: %v", broken)}
		}
	}()
	if strings.TrimSpace(e.Source) == "" {
		return nil, src, &fault{to: 1, code: schema.CodeBadExpr, message: "the expression is empty"}
	}
	tree, err := parser.ParseWithConfig(src.clean, &conf.Config{MaxNodes: MaxNodes, DisableIfOperator: true, Env: environmentNature()})
	if err != nil {
		return nil, src, src.syntaxFault(err)
	}
	c := &checker{src: src, scope: scope, notes: notes}
	root := tree.Node
	t := c.check(&tree.Node)
	t = c.result(&tree.Node, root, t, want)
	if c.fault != nil {
		return nil, src, c.fault
	}
	code, err := compiler.Compile(tree, &conf.Config{Functions: machine(), ShortCircuit: true, Env: environmentNature()})
	if err != nil {
		return nil, src, &fault{to: len(src.runes), code: schema.CodeBadExpr, message: "the expression cannot be compiled: " + firstLine(err)}
	}
	return &Program{src: src, scope: scope, want: want, typ: t, names: c.names, paths: c.paths, code: code}, src, nil
}

// environmentNature tells the library that names are keys of a map. None is left
// in a checked tree.
func environmentNature() nature.Nature {
	return nature.Nature{Type: reflect.TypeFor[map[string]any](), Kind: reflect.Map, TypeData: &nature.TypeData{}}
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// result holds the whole expression against the type that is wanted.
func (c *checker) result(slot *ast.Node, root ast.Node, t typ, want reflect.Type) typ {
	if c.fault != nil {
		return typ{}
	}
	if want == typeBool {
		c.truth(slot, root, t, "the expression")
		return basic(boolean)
	}
	if want == nil || want == typeAny {
		return t
	}
	wanted := typeOf(want)
	t = c.zero(slot, root, t, wanted)
	if !wanted.optional && t.kind != null {
		t = c.there(slot, t, root)
	}
	if !fits(t, wanted) {
		code := CodeWrongType
		if wanted.kind.quantity() || t.kind.quantity() {
			code = CodeUnitMismatch
		}
		hint := c.unitHint(root, t, wanted)
		if wanted.kind == text {
			hint = pieceHint(c.src.text(root), t)
		}
		return c.fail(root, code, fmt.Sprintf("%s is needed here, but this is %s", wanted, t), hint)
	}
	return t
}

// Type is the type of the value: the wanted one, or what Compile found; the empty
// interface when that is known only later.
func (p *Program) Type() reflect.Type {
	if p.want != nil {
		return p.want
	}
	if p.typ.goType == nil {
		return typeAny
	}
	return p.typ.goType
}

// Names lists the declared names that the expression uses, each once.
func (p *Program) Names() []string { return p.names }

// Paths lists the dotted paths that the expression reads, each once:
// mem.memory.usage.
func (p *Program) Paths() []string {
	var paths []string
	for _, path := range distinct(p.paths) {
		paths = append(paths, path.String())
	}
	return paths
}

func distinct(paths []*path) []*path {
	var kept []*path
	seen := make(map[string]bool, len(paths))
	for _, p := range paths {
		if text := p.String(); !seen[text] {
			seen[text] = true
			kept = append(kept, p)
		}
	}
	return kept
}

// Source is the expression as it was written.
func (p *Program) Source() schema.Expr { return p.src.Expr }

// Eval evaluates the expression. The error is an *Error; errors.Is finds ErrAbsent
// and ErrBudget in it, and the context's error.
func (p *Program) Eval(ctx context.Context, lookup Lookup) (any, error) {
	return p.eval(newRun(ctx, lookup, p.names))
}

func (p *Program) eval(r *run) (any, error) {
	if err := r.ctx.Err(); err != nil {
		return nil, &Error{Pos: p.src.Expr.Pos, Err: err}
	}
	library := vm.VM{MemoryBudget: maxMade}
	value, err := library.Run(p.code, r)
	if err != nil {
		return nil, p.evalError(err)
	}
	value, err = p.converted(value)
	if err != nil {
		return nil, &Error{Pos: p.src.Expr.Pos, Err: err}
	}
	return value, nil
}

// maxMade is how many list items one evaluation may make.
const maxMade = 20 * MaxItems
