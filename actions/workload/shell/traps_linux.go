package shell

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"

	"mvdan.cc/sh/v3/interp"

	"isolab/actions/workload/applet"
	"isolab/actions/workload/userland"
)

// traps are the commands to run on signals.
type traps struct {
	mu       sync.Mutex
	commands map[syscall.Signal]string
	caught   chan os.Signal
	arrived  chan syscall.Signal // signals whose command has not run yet
}

func newTraps() *traps {
	t := &traps{commands: map[syscall.Signal]string{}, caught: make(chan os.Signal, 16), arrived: make(chan syscall.Signal, 64)}
	go func() {
		for s := range t.caught {
			select {
			case t.arrived <- s.(syscall.Signal):
			default: // 64 are waiting: signals are not queued without end
			}
		}
	}()
	return t
}

// aboutSignals reports whether a call of trap names a signal; EXIT and ERR are
// the interpreter's.
func aboutSignals(args []string) bool {
	return slices.ContainsFunc(args[min(1, len(args)):], func(name string) bool {
		_, err := userland.ParseSignal(name)
		return err == nil && name != "0"
	})
}

// trap sets or clears the command of signals: ” ignores them, - gives them back
// to the kernel.
func (s *shell) trap(hc interp.HandlerContext, args []string) int {
	if args[0] == "--" {
		args = args[1:]
	}
	body := args[0]
	for _, name := range args[1:] {
		number, err := userland.ParseSignal(name)
		if err != nil || number == 0 {
			return complain(hc, applet.Failed, "trap: %s: set EXIT and ERR in a trap of their own", name)
		}
		s.traps.set(number, body)
	}
	return 0
}

func (t *traps) set(number syscall.Signal, body string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.commands, number)
	switch body {
	case "-":
		signal.Reset(number)
		applet.Unignore(number)
	case "":
		signal.Ignore(number)
	default:
		t.commands[number] = body
		applet.Catch(t.caught, number)
	}
}

// runTraps runs the commands of all signals that arrived. Without any it leaves
// $? as it was.
func (s *shell) runTraps(ctx context.Context, hc interp.HandlerContext) error {
	var bodies []string
	for {
		select {
		case number := <-s.traps.arrived:
			s.traps.mu.Lock()
			bodies = append(bodies, s.traps.commands[number])
			s.traps.mu.Unlock()
			continue
		default:
		}
		break
	}
	if len(bodies) == 0 {
		return status(hc.LastExitStatus)
	}
	text := s.rewritten(strings.Join(bodies, "\n"))
	return hc.Builtin(ctx, []string{"eval", fmt.Sprintf("%s\n", text)})
}
