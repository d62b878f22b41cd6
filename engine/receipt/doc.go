// Package receipt shows what a run left behind: an inventory of the machine is
// taken before and after it, and the two are compared.
//
// It does not trust the journal, the runtimes or the actions. It looks for itself,
// at everything that a run can leave: containers in every state, volumes, images,
// cgroups in every hierarchy, mounts, processes, swap areas, loop devices, files in
// our own directories and descriptors of our own process.
//
// Images are the exception. They carry no mark of a run, so the journal says which
// ones the run has brought; whether they are there is looked up.
//
// A machine is shared. A difference counts as left behind when it can be
// attributed to the run: by its label, by the environment variable that every
// process of a run carries, by the cgroup that a process is in, or because the
// run's id is part of its name. All other differences are listed as changed
// meanwhile.
package receipt
