package userland

import (
	"bytes"
	"strings"
	"testing"

	"isolab/actions/workload/applet"
	"isolab/schema/testenv"
)

func TestMessagesHaveNoPriority(t *testing.T) {
	var out strings.Builder
	printMessages(&out, "<6>[    0.000000] Starting gVisor...\n<30>[ 1.5] a > b\nplain > text\n")
	if want := "[    0.000000] Starting gVisor...\n[ 1.5] a > b\nplain > text\n"; out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
}

func TestDmesg(t *testing.T) {
	testenv.Need(t, testenv.Root)
	var out, errors bytes.Buffer
	code := runDmesg(&applet.Call{Stdout: &out, Stderr: &errors})
	if code != applet.OK || !strings.Contains(out.String(), "\n[") {
		t.Errorf("exit code %d, %d bytes, %s", code, out.Len(), errors.String())
	}
}
