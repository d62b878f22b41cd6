package schema

import (
	"os"
	"strings"
	"testing"
	"time"

	"isolab/schema/unit"
)

const changeable = `isolab: 1
name: a
title: A
params:
  limit: {type: size, default: 150MiB}
containers:
  hungry:
    command: [eatmemory, 100MiB]
    limits: {memory: 150MiB, swap: 0, cpus: 0.5, cpuset: 0-1, cpu_shares: 512, oom_kill: false, pids: 20, read_bps: 1MiB/s, read_iops: 100}
steps:
  - id: within
    container.run: {container: hungry, command: [eatmemory, 100MiB]}
    timeout: 5s
    expect: run.exit_code == 0
`

func change(t *testing.T, text string) (*Scenario, Diagnostics) {
	t.Helper()
	s, diags := Read("a.yaml", []byte(changeable))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var edit Ordered[*Node]
	n, diags := Parse("change.yaml", []byte(text))
	if diags = append(diags, Decode(n, &edit, nil)...); len(diags) > 0 {
		t.Fatal(diags)
	}
	changed, diags := s.WithChange(edit)
	if s.Root.Get("containers").Get("hungry").Get("limits").Get("memory").Text != "150MiB" || s.Steps[0].Timeout != 5*time.Second {
		t.Error("the scenario itself was changed")
	}
	return changed, diags
}

func hungry(t *testing.T, s *Scenario) Container {
	t.Helper()
	n, _ := s.Containers.Get("hungry")
	var c Container
	if diags := Decode(n, &c, nil); len(diags) > 0 {
		t.Fatal(diags)
	}
	return c
}

// none takes each limit away, whatever its type.
func TestWithChangeRemovesLimits(t *testing.T) {
	s, _ := Read("a.yaml", []byte(changeable))
	before := hungry(t, s).Limits
	if before.Memory == nil || before.PIDs == nil || before.OOMKill == nil || before.Cpuset == nil || *before.Swap != 0 {
		t.Fatalf("limits: %+v", before)
	}
	changed, diags := change(t, `
containers.hungry.limits.memory: none
containers.hungry.limits.swap: none
containers.hungry.limits.cpus: none
containers.hungry.limits.cpuset: none
containers.hungry.limits.cpu_shares: none
containers.hungry.limits.oom_kill: none
containers.hungry.limits.pids: none
containers.hungry.limits.read_bps: none
containers.hungry.limits.read_iops: none
`)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	l := hungry(t, changed).Limits
	if *l.Memory != unit.Unlimited || *l.Swap != unit.Unlimited || !l.CPUs.IsUnlimited() || !l.ReadBPS.IsUnlimited() {
		t.Errorf("sizes and rates: %+v", l)
	}
	if zero := l.NoneAsZero(); *zero.CPUs != 0 || *zero.ReadBPS != 0 || !l.CPUs.IsUnlimited() {
		t.Errorf("none as zero: %+v of %+v", zero, l)
	}
	if l.Cpuset != nil || l.CPUShares != nil || l.OOMKill != nil || l.PIDs != nil || l.ReadIOPS != nil {
		t.Errorf("others: %+v", l)
	}
}

func TestWithChangeReachesEverything(t *testing.T) {
	changed, diags := change(t, `
params.limit.default: 1GiB
containers.hungry.command.1: 200MiB
containers.hungry.limits.reservation: 1MiB
steps.within.container.run.command.1: 300MiB
steps.within.timeout: 7s
steps.0.title: numbered
`)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	limit, _ := changed.Params.Get("limit")
	c := hungry(t, changed)
	step := changed.Steps[0]
	got := strings.Join([]string{limit.Default.Text, c.Command[1], c.Limits.Reservation.Exact(),
		step.Params.Get("command").Items[1].Text, step.Timeout.String(), step.Title}, " ")
	if want := "1GiB 200MiB 1MiB 300MiB 7s numbered"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWithChangeRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"containers.hungry.limits.memory: 5":     `change.yaml:1:34: memory: "5" has no unit; write 5B for bytes, or 5MiB [missing-unit]`,
		"containers.hungry.limits.memroy: 5":     `change.yaml:1:1: containers.hungry.limits has no "memroy"; did you mean "memory"? [change-path]`,
		"steps.within.container.stop.x: 5":       `change.yaml:1:1: steps.within has no "container" [change-path]`,
		"steps.within.expect: []":                `a.yaml:11:3: a scenario without a claim cannot fail [no-claim]`,
		"controls: []":                           `change.yaml:1:1: a control cannot change controls [change-path]`,
		"steps.1.timeout: 5s":                    `change.yaml:1:1: steps has no "1" [change-path]`,
		"steps.-1.timeout: 5s":                   `change.yaml:1:1: steps has no "-1" [change-path]`,
		"steps.within.container.run.command.: 5": `change.yaml:1:1: the path "steps.within.container.run.command." has a dot too many [change-path]`,
		"params.limit: 5MiB":                     "change.yaml:1:1: params.limit is the whole param; its value is params.limit.default [change-path]",
		".: 5":                                   `change.yaml:1:1: the path "." has a dot too many [change-path]`,
	} {
		_, diags := change(t, text)
		if diags.Error() != want {
			t.Errorf("%s:\n got %s\nwant %s", text, diags.Error(), want)
		}
	}
}

// A change reaches what was included, and needs no file for it.
func TestWithChangeReachesIncluded(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/b.yaml", []byte("isolab: 1\ncontainers: {shared: {limits: {memory: 1MiB}}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/a.yaml", []byte(mainHead+`include: [b.yaml]
steps: [{id: one, a.b: x, expect: y}]
controls:
  - {name: free, change: {containers.shared.limits.memory: none}, breaks: [one]}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	s, diags := ReadFile(dir + "/a.yaml")
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	changed, diags := s.WithChange(s.Controls[0].Change)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	n, _ := changed.Containers.Get("shared")
	if n.Get("limits").Get("memory").Text != "none" {
		t.Errorf("container: %+v", n)
	}
}
