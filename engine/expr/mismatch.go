package expr

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// mismatch reports two values that do not go together, with the way out.
func (c *checker) mismatch(n *ast.BinaryNode, left, right ast.Node, l, r typ) typ {
	code := CodeWrongType
	if l.kind.quantity() || r.kind.quantity() {
		code = CodeUnitMismatch
	}
	at, hint := ast.Node(n), ""
	if h := c.unitHint(right, r, l); h != "" {
		at, hint = right, h
	} else if h := c.unitHint(left, l, r); h != "" {
		at, hint = left, h
	}
	return c.fail(at, code, mismatchText(n.Operator, l, r), hint)
}

// unitHint says how to write a value so that it goes with the other side.
func (c *checker) unitHint(n ast.Node, t, other typ) string {
	written := c.src.text(n)
	base := map[kind]string{size: "B", rate: "B/s", duration: "s", cpus: "cpu"}[other.kind]
	literal := strings.IndexFunc(written, func(r rune) bool { return !digit(r) && r != '.' }) < 0
	quoted := strings.HasPrefix(written, `"`) || strings.HasPrefix(written, `'`)
	switch {
	case t.kind.number() && base != "" && literal:
		if i, err := strconv.ParseInt(written, 10, 64); err == nil && other.kind == size && i > 0 && i%(1<<20) == 0 {
			return fmt.Sprintf("write %sB, or %dMiB", written, i>>20)
		}
		return "write " + written + base
	case other.kind.number() && c.literal(n) && strings.TrimLeft(written, "0.") != written && strings.IndexFunc(strings.TrimLeft(written, "0."), digit) < 0:
		return "write 0: the other side is a plain number"
	case t.kind.number() && base != "":
		return fmt.Sprintf("give the number its unit: %s * 1%s", written, base)
	case t.kind == ratio && other.kind == cpus && !c.literal(n):
		return fmt.Sprintf("make CPUs of the ratio: %s * 1cpu", written)
	case t.kind == size && other.kind == rate && c.literal(n):
		return "a rate is a size per second: " + written + "/s"
	case t.kind == size && other.kind == rate:
		return fmt.Sprintf("a rate is a size per second: %s / 1s", written)
	case t.kind.number() && other.kind == text && literal:
		return fmt.Sprintf("write %q, in quotes", written)
	case t.kind == text && (other.kind.quantity() || other.kind.number()) && quoted:
		return "write " + strings.Trim(written, `"'`) + " without quotes"
	case t.kind == text && (other.kind == size || other.kind == duration):
		return fmt.Sprintf("read it from the text: %s(%s)", map[kind]string{size: "size", duration: "duration"}[other.kind], written)
	case t.kind == text && other.kind.number():
		return fmt.Sprintf("read it from the text: int(%s)", written)
	case c.literal(n) && other.kind.quantity():
		return fmt.Sprintf("%s is written like %s", other, example(other.kind))
	}
	return ""
}
