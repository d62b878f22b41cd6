// Package runtime is the one interface behind which containers run. Two
// implementations stand behind it: docker, which talks to a daemon, and embedded,
// which asks the kernel itself. One conformance suite (runtimetest) holds both to
// the contract written here, and no type of either library crosses it.
//
// Names are chosen by the caller, before anything exists. That is what makes
// cleanup possible after a crash: whoever knows the name can remove whatever was
// made of it, however little that was.
package runtime
