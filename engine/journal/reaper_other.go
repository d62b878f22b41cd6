//go:build !linux

package journal

import (
	"errors"
	"time"
)

// Reaper exists on Linux only. Elsewhere what a killed process leaves behind waits
// for the next Sweep.
type Reaper struct{}

// StartReaper fails: not on this system.
func StartReaper(string, ...string) (*Reaper, error) {
	return nil, errors.New("start reaper: not on this system")
}

// PID is 0.
func (r *Reaper) PID() int { return 0 }

func (r *Reaper) dismiss(time.Duration) error { return nil }

func (r *Reaper) descriptors() []int { return nil }

func detach() {}

func engineEndedWell() bool { return true }
