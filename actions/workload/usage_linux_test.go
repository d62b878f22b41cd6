package workload_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"isolab/actions/workload"
)

// noFlags are the applets that take every argument for an operand.
var noFlags = []string{"[", "cp", "echo", "false", "find", "kill", "mktemp", "mv", "printf", "pwd", "seq", "test", "touch",
	"true", "whoami", "xargs", "yes", "dd", "chmod"}

func TestApplets_helpAndMisuse(t *testing.T) {
	for _, a := range workload.Applets() {
		if slices.Contains(noFlags, a.Name) {
			continue
		}
		help := run(t, a.Name, "--help")
		if help.code != 0 || !strings.Contains(help.out, a.Summary) || !strings.Contains(help.out, "usage: "+a.Name) {
			t.Errorf("%s --help: %+v", a.Name, help)
		}
		misuse := run(t, a.Name, "--no-such-flag")
		if misuse.code != 2 || !strings.Contains(misuse.errors, "usage: "+a.Name) || misuse.out != "" {
			t.Errorf("%s --no-such-flag: %+v", a.Name, misuse)
		}
	}
}

// The image binary under its own name takes the applet from its arguments.
func TestDispatch(t *testing.T) {
	image := func(args ...string) outcome {
		c := command(t, "true")
		return finish(t, &exec.Cmd{Path: c.Path, Args: append([]string{workload.Binary}, args...), Env: c.Env})
	}
	if got := image("echo", "hello"); got.out != "hello\n" || got.code != 0 {
		t.Errorf("echo: %+v", got)
	}
	if got := image(); got.code != 0 || strings.Count(got.out, "\n") != len(workload.Applets()) {
		t.Errorf("list: %+v", got)
	}
	if got := image("nosuch"); got.code != 2 || !strings.Contains(got.errors, `"nosuch"`) {
		t.Errorf("unknown: %+v", got)
	}
}

// An applet that was started as "isolab workload <applet>" has the applet's name.
func TestStart_renamesTheProcess(t *testing.T) {
	c := command(t, "sleep", "60")
	c.Args[0] = "sleep"
	c = &exec.Cmd{Path: c.Path, Args: []string{workload.Binary, "sleep", "60"}}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Process.Kill(); _ = c.Wait() }()
	eventually(t, "the process is named sleep", func() bool { return status(t, c.Process.Pid, "Name") == "sleep" })
}

func BenchmarkTrue(b *testing.B) {
	c := command(b, "true")
	for b.Loop() {
		if err := (&exec.Cmd{Path: c.Path, Args: c.Args}).Run(); err != nil {
			b.Fatal(err)
		}
	}
}
