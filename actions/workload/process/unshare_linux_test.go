package process_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"isolab/actions/workload/applet"
	"isolab/actions/workload/process"
	"isolab/schema/testenv"
)

// argsEnv makes the test binary the applet with these arguments.
const argsEnv = "UNSHARE_TEST_ARGS"

func TestUnshareChild(t *testing.T) {
	args := os.Getenv(argsEnv)
	if args == "" {
		t.Skip("runs in the children of the tests below")
	}
	unshare, _ := applet.Find([][]applet.Applet{process.Applets()}, "unshare")
	os.Exit(unshare.Run(&applet.Call{Applet: unshare, Args: strings.Fields(args), Stdout: os.Stdout, Stderr: os.Stderr}))
}

// unshare runs the applet as a process of its own.
func unshare(args string) (stdout, stderr string, code int) {
	command := exec.Command(os.Args[0], "-test.run=^TestUnshareChild$")
	command.Env = append(os.Environ(), argsEnv+"="+args)
	var out, complaint bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaint
	_ = command.Run()
	return out.String(), complaint.String(), command.ProcessState.ExitCode()
}

func uptime(t *testing.T, text string) (seconds float64) {
	t.Helper()
	if _, err := fmt.Sscan(text, &seconds); err != nil {
		t.Fatalf("uptime %q: %v", text, err)
	}
	return seconds
}

func TestUnshare_shiftsTheBootClock(t *testing.T) {
	testenv.Need(t, testenv.Root)
	here, err := os.ReadFile("/proc/uptime")
	if err != nil {
		t.Fatal(err)
	}
	text, complaint, code := unshare("--time --boottime 24h cat /proc/uptime")
	if code != 0 {
		t.Fatalf("code %d: %s", code, complaint)
	}
	const day = 24 * 60 * 60
	if ahead := uptime(t, text) - uptime(t, string(here)); ahead < day || ahead > day+60 {
		t.Errorf("%.2f s ahead, want %d", ahead, day)
	}
}

func TestUnshare_returnsTheCommandsCode(t *testing.T) {
	testenv.Need(t, testenv.Root)
	for args, want := range map[string]int{
		"--time true": 0, "--time false": 1, "--time no-such-command": 127,
		"true": applet.Misuse, "--time": applet.Misuse, "--time --boottime soon true": applet.Misuse,
	} {
		if _, complaint, code := unshare(args); code != want {
			t.Errorf("%s: code %d, want %d: %s", args, code, want, complaint)
		}
	}
}
