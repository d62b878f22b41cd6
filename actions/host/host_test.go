package host_test

import (
	"slices"
	"testing"

	"isolab/actions"
	"isolab/actions/actionstest"
	"isolab/actions/host"
	"isolab/schema"
)

func TestActions_keepTheRules(t *testing.T) { actionstest.Rules(t, "host", host.Actions()) }

func TestNeeds(t *testing.T) {
	kill := []actions.Permission{actions.HostKill}
	for params, want := range map[string][]actions.Permission{"1234": kill, "{container: hungry}": nil, "${seen.pid}": nil} {
		if got := host.Kill.Needs(actionstest.Decode[host.KillParams](t, params), nil); !slices.Equal(got, want) {
			t.Errorf("host.kill: %s needs %q, want %q", params, got, want)
		}
	}
	if got := host.Exec.Needs(host.ExecParams{}, nil); !slices.Equal(got, []actions.Permission{actions.HostExec}) {
		t.Errorf("host.exec needs %q", got)
	}
}

func TestCheck(t *testing.T) {
	declared := actionstest.View{Containers: map[string]schema.Container{"hungry": {}}}
	for _, test := range []struct {
		action actions.Action
		params any
	}{
		{host.Processes, host.ProcessesParams{Container: "hungri"}},
		{host.Process, host.ProcessParams{PID: 1, Container: "hungry"}},
		{host.Process, host.ProcessParams{Container: "hungry", Inside: 1, Command: "x"}},
		{host.Process, host.ProcessParams{PID: -1}},
		{host.Namespaces, host.NamespacesParams{Container: "hungri"}},
		{host.Kill, host.KillParams{Container: "hungry", Signal: "KILLED"}},
		{host.Exec, host.ExecParams{}},
		{host.Exec, host.ExecParams{Command: []string{"ls"}, Dir: "relative"}},
		{host.CPU, host.CPUParams{For: -1}},
	} {
		if err := test.action.Check(test.params, declared); err == nil {
			t.Errorf("%s accepts %+v", test.action.Name, test.params)
		}
	}
}

func TestShell(t *testing.T) {
	for _, test := range []struct {
		action actions.Action
		params any
		want   []string
	}{
		{host.Processes, host.ProcessesParams{}, []string{"ps -ef"}},
		{host.Processes, host.ProcessesParams{Container: "hungry"}, []string{`ps -f -p $(paste -sd, /sys/fs/cgroup/memory/hungry/cgroup.procs)`}},
		{host.Processes, host.ProcessesParams{Command: "pinger"}, []string{"pgrep -a -f pinger"}},
		{host.Processes, host.ProcessesParams{User: "65534"}, []string{"ps -f -u 65534"}},
		{host.Process, host.ProcessParams{PID: 7}, []string{"cat /proc/7/status", "ls -l /proc/7/ns", "cat /proc/7/cgroup"}},
		{host.Namespaces, host.NamespacesParams{Container: "hungry"}, []string{"lsns -p <hungry's pid>", "ls -l /proc/<hungry's pid>/ns /proc/self/ns"}},
		{host.Kill, host.KillParams{Container: "hungry"}, []string{"kill -9 <hungry's pid>"}},
		{host.Kill, host.KillParams{Container: "hungry", Command: "pinger", Signal: "TERM"}, []string{"kill -15 <pid of pinger in hungry>"}},
		{host.Memory, host.MemoryParams{}, []string{"cat /proc/meminfo"}},
		{host.CPU, host.CPUParams{}, []string{"cat /proc/stat", "sleep 1s", "cat /proc/stat", "cat /proc/loadavg"}},
		{host.Exec, host.ExecParams{Command: []string{"sh", "-c", "a b"}, Dir: "/tmp", Stdin: "x"}, []string{"cd /tmp && printf %s x | sh -c 'a b'"}},
		{host.Exec, host.ExecParams{Command: []string{"sh", "-c", "echo $PID"}, Env: map[string]string{"PID": "1"}}, []string{"env PID=1 sh -c 'echo $PID'"}},
	} {
		if got := test.action.Shell(test.params, actionstest.View{}); !slices.Equal(got, test.want) {
			t.Errorf("%s\n got %q\nwant %q", test.action.Name, got, test.want)
		}
	}
}
