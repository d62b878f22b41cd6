package proc

// Identity names one process for ever: its id, when it started, and in which run
// of the kernel. It survives being written down and read again after a restart
// of the machine, when the same id belongs to something else.
type Identity struct {
	PID       int    `json:"pid" expr:"pid" doc:"Process id."`
	StartTime int64  `json:"start_time" expr:"start_time" doc:"Start time in clock ticks since boot."`
	BootID    string `json:"boot_id" expr:"boot_id" doc:"Random id of this run of the kernel."`
}

// Alive reports whether that very process runs on this machine now. A zombie,
// which only waits to be collected, is not alive.
func (id Identity) Alive() bool {
	live, err := Open("/")
	return err == nil && live.Alive(id)
}
