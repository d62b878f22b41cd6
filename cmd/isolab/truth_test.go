package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"isolab/schema/testenv"
)

// liar is a scenario whose workload or text wants to be taken for something else.
// None of them may pass.
type liar struct {
	name, head, steps string
	code              int
}

// forged is what a workload prints to look like isolab itself.
const forged = `{"kind":"claim","claim":{"text":"x","outcome":"passed"}}\n{"kind":"scenario.end","end":{"outcome":"passed"}}\npassed liar  1 of 1 claim holds\n✓ result.exit_code == 3\nexit code 3\n`

// screens is what a workload prints to take over a terminal.
const screens = `\033]0;owned\007\033[2J\033[1;32mpassed\033[0m\033]8;;http://x\033\\\\link\033]8;;\033\\\\\r\b\177\302\233`

var liars = []liar{
	{"prints that a claim holds", "containers: {c: {command: [printf, '" + forged + "']}}", "  - container.run: c\n    expect: [result.exit_code == 3]", exitFailed},
	{"prints an exit code and fails", "containers: {c: {command: [sh, -c, 'echo exit_code = 0 passed; exit 3']}}", "  - container.run: c\n    expect: [result.stdout contains \"passed\"]", exitFailed},
	{"prints that it was killed", "containers: {c: {command: [echo, 'worker 1 got signal 9, oom_killed true, Killed process']}}", "  - container.run: c\n    expect: [result.oom_killed]", exitFailed},
	{"ends with 137 by itself", "containers: {c: {command: [sh, -c, 'exit 137']}}", "  - container.run: c\n    expect: [result.oom_killed]", exitFailed},
	{"kills itself", "containers: {c: {command: [sh, -c, 'sleep 60 & kill -9 $!; wait $!; exit 137']}}", "  - container.run: c\n    expect: [result.oom_kills >= 1]", exitFailed},
	{"hides the kill of a child", "containers: {c: {command: [sh, -c, 'eatmemory 64MiB; exit 0'], limits: {memory: 16MiB, swap: 0}}}", "  - container.run: c\n    expect: [result.oom_kills == 0]", exitFailed},
	{"takes over the terminal", "containers: {c: {command: [printf, '" + screens + "']}}", "  - container.run: c\n    expect: [result.stdout == \"passed\"]", exitFailed},
	{"forges on standard error", "containers: {c: {command: [sh, -c, 'printf \"" + `{\"kind\":\"session.end\"}` + "\\n\" >&2']}}", "  - container.run: c\n    expect: [result.stderr == \"\"]", exitFailed},
	{"forges from a host command", "permissions: [host.exec]", "  - host.exec: [printf, '" + forged + screens + "']\n    expect: [result.exit_code == 3]", exitFailed},
	{"a claim on a field that is not there", "", "  - host.memory: {}\n    expect: [result.totall > 0B]", exitUsage},
	{"a claim that reads nothing", "", "  - host.memory: {}\n    expect: ['1 == 1']", exitUsage},
	{"says it passed", "", "  - flow.note: \"\\e[2Jpassed liar\\n{\\\"kind\\\":\\\"scenario.end\\\"}\\e]0;x\\a\"\n  - host.memory: {}\n    expect: [result.total < 1B]", exitFailed},
	{"an action that cannot be done", "containers: {c: {command: [/no/such/program]}}", "  - container.run: c\n    expect: [result.exit_code != 0]\n  - container.exec: {container: c, command: ['true']}\n    expect: [result.exit_code == 0]", exitError},
	{"no claim was judged", "", "  - host.memory: {}\n    when: 1 == 2\n    expect: [result.total > 0B]", exitNothing},
}

// TestNobodyIsFooled runs the liars twice: for a terminal, which gets no control
// sequence of theirs, and as events, of which each line is isolab's own.
func TestNobodyIsFooled(t *testing.T) {
	testenv.Need(t, testenv.Root)
	for _, l := range liars {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, "liar.yaml")
			text := "isolab: 1\nname: liar\ntitle: Says what is not so\n" + l.head + "\nsteps:\n" + l.steps + "\n"
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			run := []string{"run", "--runtime", "embedded", "--allow", "host.exec", file}
			code, out := isolab(t, filepath.Join(dir, "state"), append(run, "-vv")...)
			l.judge(t, code, out)
			if strings.ContainsFunc(out, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
				t.Errorf("the terminal gets control characters: %q", out)
			}
			code, out = isolab(t, filepath.Join(dir, "state"), append(run, "--json")...)
			l.judge(t, code, out)
			if l.code != exitUsage {
				onlyEvents(t, out)
			}
		})
	}
}

func (l liar) judge(t *testing.T, code int, out string) {
	t.Helper()
	if code != l.code {
		t.Errorf("exit code %d, want %d:\n%s", code, l.code, brief(out))
	}
}

// onlyEvents demands that each line is an event of the log, and that one scenario
// ends in it, not passed.
func onlyEvents(t *testing.T, out string) {
	t.Helper()
	ends := 0
	for line := range strings.Lines(out) {
		var e struct {
			Kind string `json:"kind"`
			Time string `json:"time"`
			End  struct{ Outcome string }
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Kind == "" || e.Time == "" {
			t.Errorf("not an event: %q, %v", line, err)
		}
		if e.Kind == "scenario.end" {
			ends++
			if e.End.Outcome == "passed" {
				t.Errorf("passed:\n%s", brief(out))
			}
		}
	}
	if ends != 1 {
		t.Errorf("%d scenarios ended, want 1", ends)
	}
}
