// Package journal remembers what exists because of this process, so that nothing
// stays behind however it ends.
//
// Whoever is about to make something (a container, a cgroup, a mount) chooses its
// name and writes the intent down first; Intend returns when it is on the disk.
// Removal crosses the entry out. A clean end removes what is left, in reverse
// order. After a SIGKILL the small process of StartReaper does it at once; should
// that die too, the next Sweep does. Both remove what the journal of a dead
// session lists, and nothing else.
//
// # On the disk
//
// One session (one isolab process) has two files in the state directory:
// <session>.journal, an append-only log, and <session>.lock. They are made when
// the first intent is written: a run that creates nothing writes nothing.
//
// A line of the log is a CRC-32C in hexadecimal, a space, a JSON record and a
// newline. An append with its fsync costs half of what replacing the file by
// rename and syncing file and directory costs (0.2 ms against 0.5 ms on ext4), and
// is as safe: a crash can tear only the last line, whose Intend had not returned,
// so nothing was made of it yet. Crossing out is not synced, because a lost line
// only makes a sweep remove again what is gone.
//
// # Who is dead
//
// A session is dead when its lock file is not locked (flock(2)), or when the
// process that is named in it is gone: by process id, start time and boot id. One
// of the two is not enough. A child that was forked and has not called exec yet
// holds its parent's flock after the parent's death; and a process id means
// nothing across namespaces and machines, where only the flock counts.
//
// The sweeper of a session holds the flock of its journal file, so that two
// sweepers do not disturb each other.
package journal
