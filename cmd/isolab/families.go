package main

import (
	"context"
	"maps"
	"slices"
	"sync"

	"isolab/actions"
	"isolab/actions/cgroup"
	"isolab/actions/command"
	"isolab/actions/container"
	"isolab/actions/flow"
	"isolab/actions/host"
	"isolab/actions/image"
	"isolab/actions/measure"
	"isolab/actions/runtime"
	"isolab/engine"
)

// families is the one list of what a step can do.
func families() []actions.Action {
	return slices.Concat(container.Actions(), image.Actions(), cgroup.Actions(), host.Actions(), measure.Actions(), flow.Actions())
}

// catalog is the families as the engine uses them, made on first use.
var catalog = sync.OnceValue(func() *engine.Catalog { return engine.NewCatalog(families()...) })

// opener gives a runtime by its name, as it stands in a journal.
type opener func(ctx context.Context, name string) (runtime.Runtime, error)

// removers know how to remove each kind of thing that a journal lists, in this
// process or after another one's death. state is the directory that it was made below.
func removers(state string, open opener) map[string]actions.Remover {
	all := map[string]actions.Remover{}
	for _, list := range []map[string]actions.Remover{
		engine.Removers(scratchDir(state)), container.Removers(open), image.Removers(open), cgroup.Removers("/"), host.Removers(), command.Removers(),
	} {
		maps.Copy(all, list)
	}
	return all
}

// orphaned are the removers of a process that has no session of its own, for things
// below a state directory.
func orphaned(state string) map[string]actions.Remover {
	return removers(state, func(_ context.Context, name string) (runtime.Runtime, error) {
		return openRuntime(name, state)
	})
}
