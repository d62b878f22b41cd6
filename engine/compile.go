package engine

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"isolab/actions"
	"isolab/engine/expr"
	"isolab/schema"
)

// Options are what a user adds to a scenario.
type Options struct {
	Set map[string]string // params by name, from --set
}

// Compile checks a scenario and makes it ready to run. All mistakes are returned
// at once; the program is nil when there is one.
func Compile(scenario *schema.Scenario, catalog *Catalog, options Options) (*Program, schema.Diagnostics) {
	c := &compiler{
		catalog: catalog,
		program: &Program{Scenario: scenario, programs: programs{}, params: newParamSet(scenario.Params)},
		used:    map[string]bool{}, neededBy: map[actions.Permission]*step{},
	}
	c.cases(options)
	c.names()
	c.containers()
	c.program.steps = c.steps(scenario.Steps, false)
	c.program.finally = c.steps(scenario.Finally, true)
	c.unused()
	c.needs()
	if len(c.diags) > 0 {
		return nil, c.diags.Sorted()
	}
	c.reads()
	return c.program, nil
}

// compiler carries what one compilation knows so far. The scope grows from step
// to step: an expression sees the results of the steps before it.
type compiler struct {
	catalog  *Catalog
	program  *Program
	scope    *expr.Scope
	declared declared
	used     map[string]bool // names that some expression reads
	unread   bool            // an expression did not compile
	results  []resultName
	neededBy map[actions.Permission]*step // the first step that needs it
	count    int
	diags    schema.Diagnostics
}

// resultName is an `as` and where it stands.
type resultName struct {
	name string
	pos  schema.Pos
}

func (c *compiler) cases(options Options) {
	base, diags := c.program.params.defaults(options.Set)
	c.diags = append(c.diags, diags...)
	rows := c.program.Scenario.Cases
	if len(rows) == 0 {
		c.program.cases = []caseRow{{params: base}}
		return
	}
	for _, row := range rows {
		values := reflect.New(c.program.params.typ).Elem()
		values.Set(base)
		for _, entry := range row.Params {
			c.diags = append(c.diags, c.program.params.set(values, entry.Name, entry.Value)...)
		}
		c.program.cases = append(c.program.cases, caseRow{name: row.Name, about: row.About, params: values})
	}
}

// names declares what every expression sees. `case` is the name of the case, or
// the empty string.
func (c *compiler) names() {
	c.scope = expr.NewScope().
		With("params", c.program.params.typ).
		With("case", reflect.TypeFor[string]())
}

func (c *compiler) containers() {
	c.declared.values, c.declared.images = map[string]schema.Container{}, map[string]bool{}
	for _, entry := range c.program.Scenario.Containers {
		var container schema.Container
		c.decode(entry.Value, &container)
		c.declared.names = append(c.declared.names, entry.Name)
		c.declared.values[entry.Name] = container
	}
}

// decode checks a value against a Go type: literals by reading them, expressions
// by compiling them. Fields that hold an expression stay zero.
func (c *compiler) decode(node *schema.Node, into any) {
	c.diags = append(c.diags, schema.Decode(node, into, c.compile)...)
}

// compile is the schema.Evaluator of a check: it compiles and yields no value.
func (c *compiler) compile(e schema.Expr, want reflect.Type) (any, error) {
	if _, diag := c.compiled(e, want); diag != nil {
		return nil, *diag
	}
	return nil, nil
}

// compiled compiles an expression and keeps it for the run.
func (c *compiler) compiled(e schema.Expr, want reflect.Type) (*expr.Program, *schema.Diagnostic) {
	program, diag := expr.Compile(e, c.scope, want)
	if diag != nil {
		c.unread = true
		c.hintAtName(diag)
		return nil, diag
	}
	for _, name := range program.Names() {
		c.used[name] = true
	}
	c.program.programs[e] = program
	return program, nil
}

// expression compiles one that is not part of a value; its mistake is kept.
func (c *compiler) expression(e schema.Expr, want reflect.Type) *expr.Program {
	program, diag := c.compiled(e, want)
	if diag != nil {
		c.diags = append(c.diags, *diag)
	}
	return program
}

func (c *compiler) steps(list []schema.Step, finally bool) []*step {
	compiled := make([]*step, 0, len(list))
	for _, s := range list {
		c.count++
		compiled = append(compiled, c.step(s, finally))
	}
	return compiled
}

func (c *compiler) step(s schema.Step, finally bool) *step {
	out := &step{Step: s, number: c.count, finally: finally}
	if s.Action == "" {
		return out // the reader has said so already
	}
	action, ok := c.catalog.Get(s.Action)
	if !ok {
		c.diags = append(c.diags, c.catalog.unknown(s))
		return out
	}
	out.action = action
	if s.When != nil {
		out.when = c.expression(*s.When, reflect.TypeFor[bool]())
	}
	outer := c.scope
	c.item(out)
	c.texts(s)
	c.parameters(out)
	c.judgement(out)
	c.scope = outer
	if s.As != "" {
		result := action.Result
		if out.foreach != nil || s.Foreach != nil {
			result = reflect.SliceOf(result)
		}
		if why := expr.Taken(s.As); why != "" {
			c.diags = append(c.diags, schema.Diagnostic{Pos: s.Node.Get("as").Pos, Width: len(s.As), Code: schema.CodeBadName,
				Message: fmt.Sprintf("%q cannot name a result: it is %s", s.As, why), Hint: "choose another name"})
			return out
		}
		c.results = append(c.results, resultName{s.As, s.Node.Get("as").Pos})
		c.scope = c.scope.With(s.As, result)
	}
	return out
}

// item declares the name `item` within a foreach.
func (c *compiler) item(s *step) {
	if s.Foreach == nil {
		return
	}
	item := reflect.TypeFor[string]()
	if found := schema.Expressions(s.Foreach); s.Foreach.Kind != schema.List && len(found) == 1 {
		s.foreach = c.expression(found[0], nil)
		if s.foreach == nil {
			return
		}
		if s.foreach.Type().Kind() != reflect.Slice {
			c.diags = append(c.diags, schema.Diagnostic{Pos: s.Foreach.Pos, Code: expr.CodeWrongType,
				Message: "foreach needs a list, and this expression is none"})
			return
		}
		item = s.foreach.Type().Elem()
	} else if s.Foreach.Kind != schema.List {
		c.diags = append(c.diags, schema.Diagnostic{Pos: s.Foreach.Pos, Code: expr.CodeWrongType,
			Message: "foreach needs a list, or an expression that is one"})
	} else {
		item = listItemType(s.Foreach)
		c.decode(s.Foreach, reflect.New(reflect.SliceOf(item)).Interface())
		if len(s.Foreach.Items) == 0 {
			c.diags = append(c.diags, schema.Diagnostic{Pos: s.Foreach.Pos, Code: codeBadStep,
				Message: "foreach has no items, so the step is never done", Hint: "list what it is done for, or leave the step out"})
		}
	}
	c.scope = c.scope.With("item", item)
}

// listItemType is the type of a literal list's items: int when all are whole
// numbers, else text.
func listItemType(list *schema.Node) reflect.Type {
	for _, item := range list.Items {
		if item.Kind != schema.Int {
			return reflect.TypeFor[string]()
		}
	}
	return reflect.TypeFor[int]()
}

// shown are the keys of a step whose text may hold expressions.
var shown = []string{"title", "say", "look", "hint"}

// texts checks the expressions in what the audience reads.
func (c *compiler) texts(s schema.Step) {
	for _, key := range shown {
		if node := s.Node.Get(key); node.HasExpr() {
			c.decode(node, new(string))
		}
	}
}

func (c *compiler) parameters(s *step) {
	before := len(c.diags)
	params := reflect.New(s.action.Params)
	c.decode(s.Params, params.Interface())
	if len(c.diags) > before {
		return
	}
	if !s.Params.HasExpr() {
		s.fixed = params.Elem().Interface()
	}
	if err := s.action.Check(params.Elem().Interface(), c.declared); err != nil {
		c.badStep(s, err)
	}
	for _, need := range s.action.Needs(params.Elem().Interface(), c.declared) {
		if !slices.Contains(c.program.Needs, need) {
			c.program.Needs = append(c.program.Needs, need)
			c.neededBy[need] = s
		}
	}
	c.declared.images[s.action.Makes(params.Elem().Interface())] = true
}

// judgement compiles the claims. They see the step's own result, as `result` and
// under its `as`.
func (c *compiler) judgement(s *step) {
	scope := c.scope.With("result", s.action.Result)
	if s.As != "" {
		scope = scope.With(s.As, s.action.Result)
	}
	outer := c.scope
	c.scope = scope
	defer func() { c.scope = outer }()
	for _, written := range s.Expect {
		if written.That.Source == "" {
			continue // the reader has said so already
		}
		program := c.expression(written.That, reflect.TypeFor[bool]())
		if program == nil {
			continue
		}
		if len(program.Names()) == 0 {
			c.diags = append(c.diags, schema.Diagnostic{Pos: written.That.Pos, Width: len(written.That.Source), Code: codeEmptyClaim,
				Message: "this claim reads nothing, so it cannot fail",
				Hint:    "speak of the step's result: result.exit_code == 0, or the name given with `as`"})
			continue
		}
		s.claims = append(s.claims, claim{Claim: written, program: program})
		s.judges = s.judges || judgesEnd(program, s)
	}
	if (s.Eventually != nil || s.Always != nil) && !s.action.Observes {
		c.diags = append(c.diags, schema.Diagnostic{Pos: s.At, Width: len(s.Action), Code: codeNotObserving,
			Message: fmt.Sprintf("%s changes something, so it cannot be repeated under eventually or always", s.Action),
			Hint:    "do it once, and repeat a step that only looks: cgroup.read, container.inspect, host.processes …"})
	}
}

// judgesEnd reports whether a claim speaks of how the step's own action ended.
func judgesEnd(program *expr.Program, s *step) bool {
	for _, path := range program.Paths() {
		root, field, _ := strings.Cut(path, ".")
		if (root == "result" || root == s.As) && slices.Contains(s.action.Verdict, field) {
			return true
		}
	}
	return false
}

// needs holds what the actions ask for against what the scenario declares.
func (c *compiler) needs() {
	order := actions.Permissions()
	slices.SortFunc(c.program.Needs, func(a, b actions.Permission) int {
		return slices.Index(order, a) - slices.Index(order, b)
	})
	for _, name := range c.program.Scenario.Permissions {
		if actions.Permission(name).About() != "" {
			continue
		}
		d := schema.Diagnostic{Pos: c.place("permissions"), Code: codePermission, Message: fmt.Sprintf("unknown permission %q", name)}
		if near := schema.Nearest(name, permissionNames()); near != "" {
			d.Message += fmt.Sprintf("; did you mean %q?", near)
		}
		c.diags = append(c.diags, d)
	}
	all, declared := c.program.Scenario.Permissions, len(c.program.Scenario.Permissions)
	for _, need := range c.program.Needs {
		if !slices.Contains(all, string(need)) {
			all = append(slices.Clip(all), string(need))
		}
	}
	for _, need := range c.program.Needs {
		if slices.Contains(all[declared:], string(need)) {
			step := c.neededBy[need]
			c.diags = append(c.diags, schema.Diagnostic{Pos: step.At, Width: len(step.Action), Code: codeUndeclared,
				Message: fmt.Sprintf("this needs the permission %s (%s), which the scenario does not declare", need, need.About()),
				Hint:    fmt.Sprintf("declare it: permissions: [%s]", strings.Join(all, ", "))})
		}
	}
}

// place is where a top-level key's value stands, or the start of the document.
func (c *compiler) place(key string) schema.Pos {
	if node := c.program.Scenario.Root.Get(key); node != nil {
		return node.Pos
	}
	return schema.Pos{File: c.program.Scenario.File, Line: 1, Col: 1}
}

func permissionNames() []string {
	var names []string
	for _, p := range actions.Permissions() {
		names = append(names, string(p))
	}
	return names
}
