package schema

import "strings"

// Inline writes a value on one line, as YAML's flow style does. It is for people;
// what needs quotes in YAML has none here.
func (n *Node) Inline() string {
	if n == nil {
		return ""
	}
	var parts []string
	switch n.Kind {
	case List:
		for _, item := range n.Items {
			parts = append(parts, item.Inline())
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case Map:
		for _, field := range n.Fields {
			parts = append(parts, field.Key+": "+field.Value.Inline())
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return n.Text
}
