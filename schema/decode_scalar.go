package schema

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// scalar decodes a scalar into a string, bool or number.
func (d *decoder) scalar(n *Node, v reflect.Value, s slot) {
	if !n.IsScalar() {
		d.wrongKind(n, s, wordsOf(v.Type()))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.Text)
		d.shellOnly(n, s)
	case reflect.Bool:
		d.bool(n, v, s)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		d.int(n, v, s)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		d.uint(n, v, s)
	case reflect.Float32, reflect.Float64:
		d.float(n, v, s)
	default:
		panic(fmt.Sprintf("schema: a field of type %s cannot be decoded", v.Type()))
	}
	d.inRange(n, v, s)
}

// shellOnly refuses the name of all params in prose that has no values: there ${ is
// left to examples of a shell, which knows no such name.
func (d *decoder) shellOnly(n *Node, s slot) {
	const params = "${params."
	if i := strings.Index(n.Text, params); s.isRaw() && i >= 0 {
		at := n.exprPos(strings.Count(n.Text[:i], "${"), i)
		d.report(Diagnostic{Pos: at, Width: len(params) - 1, Code: CodeNoExpr, Message: subject(s) + " may not hold an expression",
			Hint: "values are shown in a step's title, say, look and hint"})
	}
}

func (d *decoder) bool(n *Node, v reflect.Value, s slot) {
	if n.Kind == Bool {
		v.SetBool(strings.EqualFold(n.Text, "true"))
		return
	}
	hint := "write true or false"
	if n.Quoted && scalarKind(n.Text) == Bool {
		hint = "remove the quotes"
	}
	d.fail(n, s, CodeWrongKind, "expected true or false, found "+found(n), hint)
}

func (d *decoder) int(n *Node, v reflect.Value, s slot) {
	value, err := strconv.ParseInt(intText(n.Text), intBase(n.Text), 64)
	switch {
	case n.Kind != Int:
		d.notANumber(n, s, "a whole number")
	case err != nil || v.OverflowInt(value):
		d.fail(n, s, CodeOutOfRange, n.Text+" is too large", "")
	default:
		v.SetInt(value)
	}
}

func (d *decoder) uint(n *Node, v reflect.Value, s slot) {
	value, err := strconv.ParseUint(intText(n.Text), intBase(n.Text), 64)
	switch {
	case n.Kind != Int:
		d.notANumber(n, s, "a whole number")
	case err != nil || v.OverflowUint(value):
		d.fail(n, s, CodeOutOfRange, fmt.Sprintf("%s is outside 0 to %d", n.Text, ^uint64(0)>>(64-v.Type().Bits())), "")
	default:
		v.SetUint(value)
	}
}

// intText is an integer of the core schema without sign plus and base.
func intText(text string) string {
	text = strings.TrimPrefix(text, "+")
	return strings.TrimPrefix(strings.TrimPrefix(text, "0x"), "0o")
}

func intBase(text string) int {
	switch {
	case strings.HasPrefix(text, "0x"):
		return 16
	case strings.HasPrefix(text, "0o"):
		return 8
	}
	return 10
}

func (d *decoder) float(n *Node, v reflect.Value, s slot) {
	value, err := strconv.ParseFloat(strings.TrimPrefix(n.Text, "+"), 64)
	switch {
	case n.Kind != Float && n.Kind != Int:
		d.notANumber(n, s, "a number")
	case err != nil || v.OverflowFloat(value):
		d.fail(n, s, CodeOutOfRange, n.Text+" is not a number that can be reckoned with", "")
	default:
		v.SetFloat(value)
	}
}

// notANumber says why a scalar is no number, as well as it can.
func (d *decoder) notANumber(n *Node, s slot, want string) {
	hint := ""
	if kind := scalarKind(n.Text); n.Quoted && (kind == Int || kind == Float) {
		hint = "remove the quotes"
	}
	if q := quantityOf(n.Text); q != nil && n.Kind == String {
		d.fail(n, s, CodeWrongUnit, fmt.Sprintf("%q is %s, and %s without a unit is wanted", n.Text, q.a, want), hint)
		return
	}
	d.fail(n, s, CodeWrongKind, fmt.Sprintf("expected %s, found %s", want, found(n)), hint)
}

// found says what is there, for a message.
func found(n *Node) string {
	switch {
	case !n.IsScalar() || n.Text == "":
		return n.Kind.String()
	case len(n.Text) > 40 || strings.Contains(n.Text, "\n"):
		return "a longer text"
	case n.Quoted:
		return fmt.Sprintf("the text %q", n.Text)
	}
	return strconv.Quote(n.Text)
}

func (d *decoder) wrongKind(n *Node, s slot, want string) {
	hint := ""
	if strings.HasPrefix(want, "list") && n.IsScalar() && len(n.Text) <= 60 && !strings.ContainsAny(n.Text, "\n{}[]:#") {
		hint = "write " + asList(n.Text)
	}
	if n.Kind == List && strings.HasPrefix(want, "map") {
		hint = asMap(n)
	}
	d.fail(n, s, CodeWrongKind, fmt.Sprintf("expected %s, found %s", article(want), n.Kind), hint)
}

// asList is a command line as a list: of its words, or where only a shell
// understands it, of one for a shell.
func asList(line string) string {
	script, forShell := strings.CutPrefix(line, "sh -c ")
	switch {
	case forShell && strings.ContainsAny(script[:min(1, len(script))], "'\""):
		return "[sh, -c, " + script + "]"
	case forShell || strings.ContainsAny(line, "'\"`\\|&;<>$*"):
		return fmt.Sprintf("[sh, -c, %q]", script)
	}
	return "[" + strings.Join(strings.Fields(line), ", ") + "]"
}

// asMap says how entries become those of a map that were written as a list of maps, or
// as words like A=b.
func asMap(list *Node) string {
	if len(list.Items) == 0 {
		return "write {}"
	}
	first := list.Items[0]
	if first.Kind == Map && len(first.Fields) > 0 {
		return fmt.Sprintf("leave the dashes out: %s: …", first.Fields[0].Key)
	}
	if name, value, ok := strings.Cut(first.Text, "="); ok && name != "" {
		return fmt.Sprintf("write {%s: %s}", name, value)
	}
	return "write key: value"
}

// article puts "a" before the words that describe a type, where they need one.
func article(words string) string {
	head, _, _ := strings.Cut(words, " of ")
	switch head {
	case "true or false", "any value", "cpus":
		return head
	case "expression":
		return "an expression"
	}
	return "a " + head
}

// inRange checks the enum and the bounds of a scalar's value.
func (d *decoder) inRange(n *Node, v reflect.Value, s slot) bool {
	if s.field == nil {
		return true
	}
	text, scalar := fieldText(v)
	if len(s.field.enum) > 0 && scalar && !slices.Contains(s.field.enum, text) {
		d.notAChoice(n, text, s)
		return false
	}
	if f := s.field.format; f != nil && v.Kind() == reflect.String && !f.accepts(text) {
		d.fail(n, s, CodeBadValue, f.complaint(text), f.hint)
		return false
	}
	number, isNumber := asFloat(v)
	if !isNumber {
		return true
	}
	if low := s.field.min; low != nil && number < *low {
		d.fail(n, s, CodeOutOfRange, fmt.Sprintf("%s is less than %s", text, formatFloat(*low)), "")
		return false
	}
	if high := s.field.max; high != nil && number > *high {
		d.fail(n, s, CodeOutOfRange, fmt.Sprintf("%s is more than %s", text, formatFloat(*high)), "")
		return false
	}
	return true
}

func (d *decoder) notAChoice(n *Node, text string, s slot) {
	message := fmt.Sprintf("%q is not accepted", text)
	if near := Nearest(text, s.field.enum); near != "" {
		message += fmt.Sprintf("; did you mean %q?", near)
	}
	d.fail(n, s, CodeNotAChoice, message, "write "+either(s.field.enum))
}

// fieldText is a scalar as an enum tag spells it.
func fieldText(v reflect.Value) (string, bool) {
	switch v.Kind() {
	case reflect.String:
		return v.String(), true
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		text, err := Text(v.Interface())
		return text, err == nil
	}
	return "", false
}

func asFloat(v reflect.Value) (float64, bool) {
	switch {
	case v.CanInt():
		return float64(v.Int()), true
	case v.CanUint():
		return float64(v.Uint()), true
	case v.CanFloat():
		return v.Float(), true
	}
	return 0, false
}

func formatFloat(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// any decodes into an interface value: string, int64, float64, bool, []any,
// map[string]any or nil.
func (d *decoder) any(n *Node, v reflect.Value, s slot) {
	switch {
	case n.Kind == List:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			d.value(item, reflect.ValueOf(&list[i]).Elem(), s.inner(itemName(s, i)))
		}
		v.Set(reflect.ValueOf(list))
	case n.Kind == Map:
		entries := make(map[string]any, len(n.Fields))
		for _, f := range n.Fields {
			var value any
			d.value(f.Value, reflect.ValueOf(&value).Elem(), s.inner(f.Key))
			entries[f.Key] = value
		}
		v.Set(reflect.ValueOf(entries))
	case n.Kind != Null:
		v.Set(reflect.ValueOf(plainValue(n)))
	}
}

// plainValue is a scalar as the Go value that its kind stands for.
func plainValue(n *Node) any {
	switch n.Kind {
	case Int:
		if value, err := strconv.ParseInt(intText(n.Text), intBase(n.Text), 64); err == nil {
			return value
		}
	case Float:
		if value, err := strconv.ParseFloat(n.Text, 64); err == nil {
			return value
		}
	case Bool:
		return strings.EqualFold(n.Text, "true")
	}
	return n.Text
}
