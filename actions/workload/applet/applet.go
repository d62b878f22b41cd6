package applet

import "io"

// Func runs one command and returns its exit code.
type Func func(*Call) int

// Applet is one command of the image. Usage is the command line after the
// name; Example is a whole command line that works inside the image.
type Applet struct {
	Name, Summary, Usage, Example string
	Run                           Func
	// Piped keeps the Go runtime's own handling of SIGPIPE, for commands that
	// must survive a reader that goes away (shells, network tools).
	Piped bool
}

// Exit codes shared by all applets.
const (
	OK     = 0
	Failed = 1
	Misuse = 2
	// Signalled is added to a signal's number.
	Signalled = 128
)

// Call is one invocation of an applet: its arguments without the name, and its
// standard streams.
type Call struct {
	Applet
	Args   []string
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
}

// NotHere is the Func of an applet that needs the Linux kernel, on any other
// system.
func NotHere(c *Call) int {
	return c.Failf("not on this system: needs Linux")
}
