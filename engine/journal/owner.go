package journal

import (
	"errors"
	"os"
)

// owner identifies the process whose session it is, beyond its death and the reuse
// of its process id.
type owner struct {
	PID     int    `json:"pid"`
	Start   uint64 `json:"start"`           // when it began, in the system's own units
	Boot    string `json:"boot,omitempty"`  // the boot that Start counts from; empty where Start is absolute
	Scope   string `json:"scope,omitempty"` // the namespaces in which PID and Start mean something
	Machine string `json:"machine"`         // the machine, as a home directory may be shared by many
}

// self identifies this process.
func self() (owner, error) {
	pid := os.Getpid()
	start, err := startOf(pid)
	if err != nil {
		return owner{}, err
	}
	return owner{PID: pid, Start: start, Boot: bootID(), Scope: scope(), Machine: machine()}, nil
}

// gone reports whether the process has ended for certain. False also means that
// nobody can tell from here: another process namespace, an unreadable /proc.
func (o owner) gone() bool {
	if o.foreign() {
		return false
	}
	if o.Boot != bootID() {
		return true
	}
	if o.Scope != scope() {
		return false
	}
	start, err := startOf(o.PID)
	if errors.Is(err, os.ErrNotExist) {
		return true
	}
	return err == nil && start != o.Start
}

// foreign reports whether the session is another machine's: a home directory on a
// file server serves many, and what the journal lists is on one of them. Who shares
// the boot and the namespaces with us is on ours, whatever its name was then.
func (o owner) foreign() bool {
	here := o.Boot != "" && o.Boot == bootID() && o.Scope == scope()
	return !here && o.Machine != machine()
}
