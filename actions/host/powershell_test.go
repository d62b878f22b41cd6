package host

import (
	"slices"
	"testing"
	"time"

	"isolab/actions/actionstest"
	"isolab/actions/target"
)

func TestCmdlets(t *testing.T) {
	var view actionstest.View
	for _, c := range []struct {
		got  []string
		want string
	}{
		{processesCmdlets(ProcessesParams{Command: "PING.EXE"}, view), "Get-Process -Name PING"},
		{processesCmdlets(ProcessesParams{}, view), "Get-Process"},
		{killCmdlets(target.Selection{PID: 5240}, view), "Stop-Process -Force -Id 5240"},
		{killCmdlets(target.Selection{Container: "pinger", Command: "PING.EXE"}, view), "Stop-Process -Force -Id <pid of PING.EXE in pinger>"},
		{processCmdlets(target.Selection{PID: 4}, view), "Get-Process -Id 4 | Format-List *"},
		{cpuCmdlets(2 * time.Second), `Get-Counter '\Processor(*)\% Processor Time' -SampleInterval 2`},
		{cpuCmdlets(time.Millisecond), `Get-Counter '\Processor(*)\% Processor Time' -SampleInterval 1`},
	} {
		if !slices.Equal(c.got, []string{c.want}) {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestTyped(t *testing.T) {
	linux, windows := []string{"ps -ef"}, []string{"Get-Process"}
	if got := typed(actionstest.View{}, linux, windows); !slices.Equal(got, linux) {
		t.Errorf("linux: %q", got)
	}
	if got := typed(actionstest.View{OS: "windows"}, linux, windows); !slices.Equal(got, windows) {
		t.Errorf("windows: %q", got)
	}
}
