package process_test

import (
	"bytes"
	"strings"
	"testing"

	"isolab/actions/workload/applet"
	"isolab/actions/workload/process"
)

func TestSpawn_countsWhatWasAsked(t *testing.T) {
	spawn, ok := applet.Find([][]applet.Applet{process.Applets()}, "spawn")
	if !ok {
		t.Fatal("there is no spawn")
	}
	var out, complaint bytes.Buffer
	code := spawn.Run(&applet.Call{Applet: spawn, Args: []string{"--count", "7", "--json"}, Stdout: &out, Stderr: &complaint})
	if want := `{"attempts":7,"spawned":7,"refused":0,`; code != applet.OK || !strings.HasPrefix(out.String(), want) {
		t.Errorf("got %d, %q, %q; want %s", code, out.String(), complaint.String(), want)
	}
}
