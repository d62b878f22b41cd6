package applet_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"isolab/actions/workload/applet"
)

// childEnv makes the test binary the applet that is to be signalled.
const childEnv = "APPLET_TEST_CHILD"

// TestSignalledApplet is the child: it becomes an applet and never returns.
func TestSignalledApplet(t *testing.T) {
	kind := os.Getenv(childEnv)
	if kind != "handler" && kind != "default" {
		t.Skip("runs in the child of TestOnSignals")
	}
	a := applet.Applet{Name: "signalled", Run: func(c *applet.Call) int {
		if kind == "handler" {
			applet.OnSignals(func(s syscall.Signal) { os.Exit(applet.Signalled + int(s)) })
		}
		c.Printf("ready\n")
		applet.Hold(0)
		return applet.OK
	}}
	os.Exit(a.Start(nil))
}

// An applet has a C program's signals until it asks for a handler, which must
// then really be there.
func TestOnSignals(t *testing.T) {
	for kind, want := range map[string]int{"handler": applet.Signalled + int(syscall.SIGTERM), "default": -1} {
		command := exec.Command(os.Args[0], "-test.run=^TestSignalledApplet$")
		command.Env = append(os.Environ(), childEnv+"="+kind)
		output, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(output).ReadString('\n'); line != "ready\n" {
			t.Fatalf("%s: got %q, %v", kind, line, err)
		}
		if err := command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		err = command.Wait()
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != want {
			t.Errorf("%s: ended with %v, want code %d (-1: killed by the signal)", kind, err, want)
		}
	}
}
