// Package container is the container actions: what `docker container` does, under
// the same verbs, on whichever runtime the run uses. A step names a container of
// the scenario; its declaration becomes a runtime.Spec here, with the caps that
// protect the machine from a workload without limits.
package container
