//go:build !linux

package applet

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

func settle(Applet) {}

// EndOnSignals does nothing here: only Linux has a PID 1 that drops signals.
func EndOnSignals() {}

// OnSignals calls end, once, for the first SIGTERM or SIGINT.
func OnSignals(end func(syscall.Signal)) {
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGTERM, os.Interrupt)
	go func() { end((<-caught).(syscall.Signal)) }()
}

// Hold waits for the given time, or for ever when it is zero.
func Hold(d time.Duration) {
	for d == 0 {
		time.Sleep(time.Hour)
	}
	time.Sleep(d)
}
