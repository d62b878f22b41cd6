package engine

import (
	"slices"
	"sync"

	"isolab/schema"
)

// containers is what a case declares and what of it lives. It implements
// actions.Containers.
type containers struct {
	mu       sync.Mutex
	names    []string
	declared map[string]schema.Container
	live     map[string]string
}

func newContainers(names []string) *containers {
	return &containers{names: names, declared: map[string]schema.Container{}, live: map[string]string{}}
}

func (c *containers) declare(name string, container schema.Container) {
	c.declared[name] = container
}

// Declared returns the declaration, its expressions evaluated.
func (c *containers) Declared(name string) (schema.Container, bool) {
	container, ok := c.declared[name]
	return container, ok
}

// Names lists the declared containers in the author's order.
func (c *containers) Names() []string { return slices.Clone(c.names) }

// Live returns the runtime's name of a container that a step has made.
func (c *containers) Live(name string) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	runtimeName, ok := c.live[name]
	return runtimeName, ok
}

// Bind remembers that a container was made under a runtime name.
func (c *containers) Bind(name, runtimeName string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live[name] = runtimeName
}

// Unbind forgets a container that a step removed.
func (c *containers) Unbind(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.live, name)
}
