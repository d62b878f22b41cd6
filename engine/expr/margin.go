package expr

import (
	"context"
	"fmt"
	"strings"
)

// Margin is how far a true expression is from being false.
type Margin struct {
	Text  string  // for people: "13.4 MiB (8.9 %) below"
	Share float64 // the same as a part of the larger side: 0.1 is a tenth
}

// Margin finds the tightest of the comparisons of numbers that all have to hold:
// the expression itself, or what its && join. It reports false where there is none:
// equality, text and lists hold or do not. Like Explain it compiles the text anew.
func (p *Program) Margin(ctx context.Context, lookup Lookup) (tightest Margin, found bool) {
	notes, values, err := p.annotate(ctx, lookup)
	if err != nil || len(notes.parts) == 0 {
		return Margin{}, false
	}
	for _, id := range notes.conjuncts(0) {
		part := &notes.parts[id]
		m, ok := margin(notes.measuredFirst(part, notes.sides(part, values)))
		if ok && (!found || m.Share < tightest.Share) {
			tightest, found = m, true
		}
	}
	return tightest, found
}

// conjuncts are the parts that all have to hold for one to hold.
func (n *notebook) conjuncts(id int) (ids []int) {
	if !n.parts[id].all {
		return []int{id}
	}
	for _, child := range n.parts[id].children {
		ids = append(ids, n.conjuncts(child)...)
	}
	return ids
}

// margin is that of one comparison that is true.
func margin(op string, sides []any) (Margin, bool) {
	if len(sides) < 2 {
		return Margin{}, false
	}
	a, okA := numberOf(sides[0])
	b, okB := numberOf(sides[1])
	if !okA || !okB || a.unlimited() || b.unlimited() || b.f == 0 { // how far from nothing says little
		return Margin{}, false
	}
	const far = 100 // times the other number: that is no distance, a pid above 1 say
	if a.kind == whole && abs(a.f-b.f) > far*abs(b.f) {
		return Margin{}, false
	}
	off, err := apart(op, a, b)
	if err != nil {
		return Margin{}, false
	}
	share := distance(sides)
	switch op {
	case "<", "<=":
		off += " below"
	case ">", ">=":
		off += " above"
	case "within":
		tolerance, ok := numberOf(sides[2])
		if !ok {
			return Margin{}, false
		}
		if largest := max(abs(a.f), abs(b.f)); largest > 0 {
			share = (allowance(b, tolerance) - abs(a.f-b.f)) / largest
		}
		off = fmt.Sprintf("off by %s, allowed are %s", off, human(sides[2]))
	default:
		return Margin{}, false
	}
	if share == 0 && op != "within" {
		off = "exactly equal"
	}
	return Margin{Text: off, Share: share}, true
}

// measuredFirst turns a comparison around that has what was measured on its right:
// 5s <= run.duration is said of the duration.
func (n *notebook) measuredFirst(part *part, sides []any) (op string, turned []any) {
	around := map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}
	other, known := around[part.operator]
	if len(sides) != 2 || !known || n.weight(part.children[0]) >= n.weight(part.children[1]) {
		return part.operator, sides
	}
	return other, []any{sides[1], sides[0]}
}

// weight is 0 for what is written out, 1 for what the author can set, 2 for what
// was measured.
func (n *notebook) weight(id int) (weight int) {
	for _, path := range n.paths(id) {
		weight = max(weight, 1)
		if path != "params" && !strings.HasPrefix(path, "params.") {
			return 2
		}
	}
	return weight
}
