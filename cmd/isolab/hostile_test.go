package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"isolab/schema/testenv"
)

// stage is where a hostile scenario has to end, at the latest.
type stage int

const (
	atCheck stage = iota // refused by `isolab check`, and by `isolab run` before anything is made
	atGrant              // a fine document that asks for what nobody has granted: `run` refuses it
	atStep               // what it asks for is known only when it runs: the step is an error
	inside               // a workload tries it from within, and sees that it cannot
)

// codes are the exit codes of check and of run for each stage.
var codes = map[stage][2]int{atCheck: {exitUsage, exitUsage}, atGrant: {0, exitUsage}, atStep: {0, exitError}, inside: {0, 0}}

// hostile is a scenario that wants more than it may. In its text, FILE and DIR
// stand for the canary's file and its folder, PID for its process and GROUP for
// its cgroup.
type hostile struct {
	name  string
	head  string   // permissions, containers, params …
	steps string   // what tries it
	doc   string   // the whole document, instead of these two
	allow []string // granted by the user, and declared
	end   stage
	says  string                                 // a regular expression for the message
	files func(t *testing.T, dir string, c trap) // what else is in the scenario's folder
	prove bool                                   // with its controls
}

// TestHostileScenarios runs documents that want to get out of what a scenario may
// do. Each has a canary of its own: a file, a process and a cgroup, which nobody
// may touch, and the file's text, which may not be seen.
func TestHostileScenarios(t *testing.T) {
	testenv.Need(t, testenv.Root)
	state := filepath.Join(t.TempDir(), "state")
	logs := t.TempDir()
	t.Run("cases", func(t *testing.T) {
		for _, list := range [][]hostile{hostileDeclarations, hostileNames, hostileDocuments, hostileSteps, hostileWorkloads} {
			for _, h := range list {
				t.Run(h.name, func(t *testing.T) {
					t.Parallel()
					h.test(t, state, filepath.Join(logs, strings.Map(fileRune, h.name)))
				})
			}
		}
	})
	var runs []string
	found, _ := filepath.Glob(filepath.Join(logs, "*"))
	for _, log := range found {
		runs = append(runs, runsOf(t, log)...)
	}
	if left := waitNothing(t, state, runs); left != "" {
		t.Errorf("left behind:\n%s", left)
	}
	t.Logf("%d hostile scenarios, of which %d came as far as a run", len(found), len(runs))
}

func fileRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
		return r
	}
	return '-'
}

func (h hostile) test(t *testing.T, state, log string) {
	c := setTrap(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "hostile.yaml")
	if err := os.WriteFile(file, []byte(c.fill(h.text())), 0o600); err != nil {
		t.Fatal(err)
	}
	if h.files != nil {
		h.files(t, dir, c)
	}
	wanted := codes[h.end]
	code, out := isolab(t, state, "check", file)
	h.judge(t, c, "check", code, wanted[0], out, h.end == atCheck)
	args := []string{"run", "--runtime", "embedded", "--json"}
	if h.prove {
		args = []string{"prove", "--runtime", "embedded"}
	}
	for _, permission := range h.allow {
		args = append(args, "--allow", permission)
	}
	code, out = isolab(t, state, append(args, file)...)
	h.judge(t, c, "run", code, wanted[1], out, h.end != inside)
	if err := os.WriteFile(log, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
}

// judge holds what isolab said and did against what is right.
func (h hostile) judge(t *testing.T, c trap, command string, code, want int, out string, speaks bool) {
	t.Helper()
	if code != want {
		t.Errorf("%s: exit code %d, want %d:\n%s", command, code, want, brief(out))
	}
	if speaks && !regexp.MustCompile(h.says).MatchString(out) {
		t.Errorf("%s does not say %q:\n%s", command, h.says, brief(out))
	}
	if strings.ContainsFunc(out, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		t.Errorf("%s prints control characters: %q", command, brief(out))
	}
	if touched := c.touched(out); touched != "" {
		t.Errorf("%s: %s\n%s", command, touched, brief(out))
	}
}

func (h hostile) text() string {
	if h.doc != "" {
		return h.doc
	}
	text := "isolab: 1\nname: hostile\ntitle: Wants more than it may\n"
	if len(h.allow) > 0 {
		text += "permissions: [" + strings.Join(h.allow, ", ") + "]\n"
	}
	return text + strings.TrimSpace(h.head) + "\nsteps:\n" + strings.Trim(h.steps, "\n") +
		"\n  - host.memory: {}\n    expect: [result.total > 0B]\n"
}

// isolab runs the binary with a time limit, and returns its exit code and all
// that it printed.
func isolab(t *testing.T, state string, args ...string) (int, string) {
	t.Helper()
	return isolabWith(t, nil, state, args...)
}

// isolabWith is isolab with more in its environment.
func isolabWith(t *testing.T, env []string, state string, args ...string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = append(append(os.Environ(), "ISOLAB_STATE="+state, "NO_COLOR=1"), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("isolab %s: %v\n%s", strings.Join(args, " "), err, out.String())
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

// brief is the part of an output that says how it ended.
func brief(out string) string {
	const most = 2000
	var lines []string
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, `{"kind"`) || regexp.MustCompile(`"(reason|errors)":`).MatchString(line) {
			lines = append(lines, line[:min(len(line), most)])
		}
	}
	return strings.Join(lines, "")
}

// fill puts a canary's things into a text.
func (c trap) fill(text string) string {
	return strings.NewReplacer("FILE", c.file, "DIR", filepath.Dir(c.file), "PID", strconv.Itoa(c.process.Pid), "GROUP", "/"+c.group).Replace(text)
}
