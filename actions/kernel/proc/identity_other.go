//go:build !linux

package proc

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/host"
)

// BootID is the time of the last start, which is as good as an id; "" when the
// system does not tell.
func (f *FS) BootID() string {
	boot, err := host.BootTime()
	if err != nil {
		return ""
	}
	return strconv.FormatUint(boot, 10)
}

// Identity names the process that has this id now.
func (f *FS) Identity(pid int) (Identity, error) {
	p, err := find(pid)
	if err != nil {
		return Identity{}, fmt.Errorf("identify process %d: %w", pid, err)
	}
	created, err := p.CreateTime()
	if err != nil {
		return Identity{}, fmt.Errorf("identify process %d: %w", pid, err)
	}
	return Identity{PID: pid, StartTime: created, BootID: f.BootID()}, nil
}

// Alive reports whether that very process runs. The start time, to the
// millisecond, is what tells; the boot is not compared, as this system only
// knows it to a second.
func (f *FS) Alive(id Identity) bool {
	now, err := f.Identity(id.PID)
	return err == nil && now.StartTime == id.StartTime
}

// Signal sends a signal after comparing the start time. There is no pidfd here,
// so a process that ends at that very moment could be mistaken.
func (f *FS) Signal(id Identity, signal syscall.Signal) error {
	if !f.Alive(id) {
		return fmt.Errorf("send %v to process %d: %w", signal, id.PID, ErrGone)
	}
	p, err := os.FindProcess(id.PID)
	if err == nil {
		err = p.Signal(signal)
	}
	if err != nil {
		return fmt.Errorf("send %v to process %d: %w", signal, id.PID, err)
	}
	return nil
}

// WaitExit looks ten times a second whether that very process still runs.
func (f *FS) WaitExit(ctx context.Context, id Identity) error {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for f.Alive(id) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for process %d: %w", id.PID, context.Cause(ctx))
		case <-ticker.C:
		}
	}
	return nil
}
