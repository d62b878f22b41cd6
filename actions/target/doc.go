// Package target resolves what a step names to what is really there: a container
// that the scenario declares to the runtime's name for it and its process on the
// host, a cgroup that the run made to its directories, an image reference to an
// image. It is what the action families share; they never import each other.
package target
