package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"isolab/schema/testenv"
)

// mule is a scenario whose last step would never end by itself. What it starts
// sleeps for a time that tells it from all other sleepers.
type mule struct {
	name  string
	head  string
	steps string
	needs []testenv.Feature
}

var mules = []mule{
	{name: "ignores signals", head: "containers: {c: {command: [ignore-term]}}", steps: "  - container.run: c"},
	{name: "stops its child", head: "containers: {c: {command: [sh, -c, 'sleep 3917 & kill -STOP $!; wait']}}", steps: "  - container.run: c"},
	{name: "stopped from the host", head: "containers: {c: {command: [ignore-term]}}",
		steps: "  - container.start: c\n  - host.kill: {container: c, signal: STOP}\n  - container.wait: c"},
	{name: "paused", head: "containers: {c: {command: [ignore-term]}}", steps: "  - container.start: c\n  - container.pause: c\n  - container.wait: c"},
	{name: "command that ignores signals", head: "containers: {c: {command: [sleep, '3917']}}",
		steps: "  - container.start: c\n  - container.exec: {container: c, command: [ignore-term]}"},
	{name: "fork bomb", head: "containers: {c: {command: [forkbomb, --hold, 60s], limits: {pids: 200, memory: 256MiB}}}", steps: "  - container.run: c"},
	{name: "fork bomb in a cgroup", steps: "  - cgroup.create: {name: a, limits: {pids: 200, memory: 256MiB}}\n  - cgroup.run: {cgroup: a, command: [forkbomb, --hold, 60s]}"},
	{name: "fork bomb in a frozen cgroup", steps: "  - cgroup.create: {name: a, limits: {pids: 200, memory: 256MiB}}\n" +
		"  - cgroup.run: {cgroup: a, command: [forkbomb, --hold, 60s], detach: true}\n  - cgroup.freeze: {cgroup: a}\n  - flow.sleep: 50s"},
	{name: "waits without memory", head: "requires: {features: [oom-kill-disable]}\ncontainers: {c: {command: [eatmemory, 64MiB], limits: {memory: 16MiB, swap: 0, oom_kill: false}}}",
		steps: "  - container.run: c", needs: []testenv.Feature{testenv.Cgroup1}},
	{name: "host command ignores signals", head: "permissions: [host.exec]", steps: `  - host.exec: [sh, -c, "trap '' TERM INT HUP; while :; do sleep 3917; done"]`},
	{name: "host command stops itself", head: "permissions: [host.exec]", steps: `  - host.exec: [sh, -c, "sleep 3917 & kill -STOP $$"]`},
	{name: "host command leaves its group", head: "permissions: [host.exec]",
		steps: `  - host.exec: [sh, -c, "(setsid sleep 3917 &) ; setsid sh -c 'trap \"\" TERM; sleep 3917 & sleep 3917'"]`},
	{name: "host command goes into the background", head: "permissions: [host.exec]", steps: "  - host.exec: [sh, -c, 'setsid sleep 3917 &']\n  - flow.sleep: 50s"},
}

// grace is how long a run may go on after the timeout of its last step, on a
// machine that has other things to do as well.
const grace = 7 * time.Second

// TestStubbornWorkloads runs what does not want to end, and demands that the
// step's timeout of a second ends it, and all that it started.
func TestStubbornWorkloads(t *testing.T) {
	testenv.Need(t, testenv.Root)
	for _, m := range mules {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			testenv.Need(t, m.needs...)
			m.test(t)
		})
	}
}

func (m mule) test(t *testing.T) {
	dir := t.TempDir()
	state, file, log := filepath.Join(dir, "state"), filepath.Join(dir, "mule.yaml"), filepath.Join(dir, "log")
	text := "isolab: 1\nname: mule\ntitle: Does not want to end\n" + m.head + "\nsteps:\n" + m.steps +
		"\n    timeout: 1s\n  - host.memory: {}\n    expect: [result.total > 0B]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	code, out := isolab(t, state, "run", "--runtime", "embedded", "--allow", "host.exec", "--report", "json="+log, file)
	took := time.Since(began)
	if code != exitError || !strings.Contains(out, "step's timeout of 1s") {
		t.Errorf("exit code %d, want %d and the step's timeout:\n%s", code, exitError, out)
	}
	if took > time.Second+grace {
		t.Errorf("it took %s to end", took)
	}
	if !strings.Contains(out, "left behind: nothing") {
		t.Errorf("the receipt is not clean:\n%s", out)
	}
	if left := waitNothing(t, state, runsOf(t, log)); left != "" {
		t.Errorf("left behind:\n%s", left)
	}
	t.Logf("ended after %s", took.Round(time.Millisecond))
}
