// Package child is the part of the embedded runtime that runs inside: this very
// program, started again in new namespaces, which turns them into a container
// and then becomes the container's command.
//
// The engine decides everything beforehand and hands it over as one [Plan]. What
// is done with it is a list of steps in the order the kernel needs them, each
// reported to the engine under the words a person would use for it; see
// [Init] for the first process of a container, [Exec] for a further command in a
// running one, and [Reap] for the small process that passes signals on.
package child
