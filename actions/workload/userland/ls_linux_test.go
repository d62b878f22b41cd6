package userland

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"isolab/actions/workload/applet"
)

// Each column of ls -l stands by itself: scripts split the line at white space.
func TestLs_longColumns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, make([]byte, 1234), 0o640); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	call := applet.Call{Args: []string{"-ln", file}, Stdout: &out}
	if code := runLs(&call); code != applet.OK {
		t.Fatalf("code %d", code)
	}
	want := regexp.MustCompile(`^\s*-rw-r-----\s+1\s+\d+\s+\d+\s+1234 \w{3} [ \d]\d \d\d:\d\d ` + regexp.QuoteMeta(file) + `\n$`)
	if !want.MatchString(out.String()) {
		t.Errorf("got %q", out.String())
	}
}
