// Package signal names signals. Containers are Linux even where isolab runs on
// another system, so the numbers are Linux's, not those of the system at hand.
package signal

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"
)

// names are Linux's signals from 1 on, signal(7) for x86 and ARM.
var names = [...]string{"HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV",
	"USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU",
	"XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"}

// last is the highest signal number, SIGRTMAX.
const last = 64

// Kill is SIGKILL, which no process can catch.
const Kill = syscall.Signal(9)

// Parse reads "KILL", "SIGKILL", "kill" or "9".
func Parse(text string) (syscall.Signal, error) {
	if number, err := strconv.Atoi(text); err == nil && number > 0 && number <= last {
		return syscall.Signal(number), nil
	}
	short := strings.TrimPrefix(strings.ToUpper(text), "SIG")
	for i, name := range names {
		if name == short {
			return syscall.Signal(i + 1), nil
		}
	}
	return 0, fmt.Errorf("%q is not a signal; write a name such as TERM or KILL, or a number from 1 to %d", text, last)
}

// Name is "SIGKILL" for 9, "SIG34" for a real-time signal and "" for 0.
func Name(number int) string {
	switch {
	case number <= 0:
		return ""
	case number <= len(names):
		return "SIG" + names[number-1]
	}
	return "SIG" + strconv.Itoa(number)
}
