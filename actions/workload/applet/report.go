package applet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"
)

// Printf writes to the applet's standard output.
func (c *Call) Printf(format string, args ...any) {
	fmt.Fprintf(c.Stdout, format, args...)
}

// JSON writes v as one line of JSON to the applet's standard output.
func (c *Call) JSON(v any) {
	if err := json.NewEncoder(c.Stdout).Encode(v); err != nil {
		c.Warnf("write json: %v", err)
	}
}

// Warnf writes one line "name: …" to standard error.
func (c *Call) Warnf(format string, args ...any) {
	fmt.Fprintf(c.Stderr, "%s: %s\n", c.Name, fmt.Sprintf(format, args...))
}

// Failf is Warnf and the exit code Failed.
func (c *Call) Failf(format string, args ...any) int {
	c.Warnf(format, args...)
	return Failed
}

// Fail reports err in the words of libc's tools ("cat: /x: No such file or
// directory") and returns Failed.
func (c *Call) Fail(err error) int { return c.Failf("%s", Reason(err)) }

// Usagef reports a wrong command line with the usage line and returns Misuse.
func (c *Call) Usagef(format string, args ...any) int {
	c.Warnf(format, args...)
	fmt.Fprintf(c.Stderr, "usage: %s\n", strings.TrimSpace(c.Name+" "+c.Usage))
	return Misuse
}

// Reason words an error as libc's strerror(3) does, behind the path it concerns:
// "/x: Read-only file system". Errors without an errno keep their own text.
func Reason(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	var operation *net.OpError
	var number syscall.Errno
	switch {
	case !errors.As(err, &number):
		return err.Error()
	case errors.As(err, &operation):
		return err.Error()
	case errors.As(err, &path):
		return path.Path + ": " + Strerror(number)
	case errors.As(err, &link):
		return link.Old + " -> " + link.New + ": " + Strerror(number)
	case err == error(number):
		return Strerror(number)
	}
	return strings.ReplaceAll(err.Error(), number.Error(), Strerror(number))
}

// Strerror is the text of an errno with the capital letter that libc gives it.
func Strerror(number syscall.Errno) string {
	text := number.Error()
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// Strsignal names a signal as shells do when it killed a command: "Killed".
func Strsignal(number syscall.Signal) string {
	text := number.String()
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
