package engine

import "isolab/schema"

// declared is what is known of the containers before anything runs. It implements
// actions.Declared.
type declared struct {
	names  []string
	values map[string]schema.Container
}

// Container returns a declaration as far as its values are literal.
func (d declared) Container(name string) (schema.Container, bool) {
	c, ok := d.values[name]
	return c, ok
}

// Names lists the declared containers in the author's order.
func (d declared) Names() []string { return d.names }
