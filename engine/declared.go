package engine

import "isolab/schema"

// declared is what is known of the containers and images before anything runs. It implements
// actions.Declared.
type declared struct {
	names  []string
	values map[string]schema.Container
	images map[string]bool // that the steps so far make
}

// Container returns a declaration as far as its values are literal.
func (d declared) Container(name string) (schema.Container, bool) {
	c, ok := d.values[name]
	return c, ok
}

// Names lists the declared containers in the author's order.
func (d declared) Names() []string { return d.names }

// Made reports whether an earlier step makes an image under that reference.
func (d declared) Made(image string) bool { return d.images[image] }
