package userland

import (
	"io"
	"strings"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
)

// Commands of syslog(2).
const (
	syslogReadAll    = 3
	syslogSizeBuffer = 10
)

// runDmesg prints the kernel's messages without taking them, syslog(2). Of the
// host's kernel a container may not have them (Docker's seccomp filter, CAP_SYSLOG);
// a sandbox's own kernel gives its own.
func runDmesg(c *applet.Call) int {
	if code, ok := c.ParseOperands(c.Flags(), 0, 0); !ok {
		return code
	}
	text, err := kernelLog()
	if err != nil {
		return c.Failf("read the kernel's messages: %s", applet.Reason(err))
	}
	printMessages(c.Stdout, text)
	return applet.OK
}

func kernelLog() (string, error) {
	size, err := unix.Klogctl(syslogSizeBuffer, nil)
	if err != nil {
		return "", err
	}
	buffer := make([]byte, size)
	n, err := unix.Klogctl(syslogReadAll, buffer)
	if err != nil {
		return "", err
	}
	return string(buffer[:n]), nil
}

// printMessages leaves out the priority that begins each line, such as <6>.
func printMessages(w io.Writer, text string) {
	for line := range strings.Lines(text) {
		if _, message, ok := strings.Cut(line, ">"); ok && strings.HasPrefix(line, "<") {
			line = message
		}
		_, _ = io.WriteString(w, line)
	}
}
