package runtimetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"isolab/actions/runtime"
)

// patience bounds one case. Nothing here takes more than a few seconds; a busy
// machine may.
const patience = time.Minute

// label marks what the suite makes; its value is different in each run.
const label = "isolab.runtimetest"

// testCase is one claim. An optional one may be beyond a runtime.
type testCase struct {
	name     string
	run      func(*fixture)
	optional bool
}

func must(name string, run func(*fixture)) testCase { return testCase{name: name, run: run} }
func may(name string, run func(*fixture)) testCase {
	return testCase{name: name, run: run, optional: true}
}

// Run checks the runtime that open gives, one case after the other. Open is
// called once; what it returns is closed at the end. Every container that the
// suite makes is removed, and at the end none must be left.
func Run(t *testing.T, open func(t *testing.T) runtime.Runtime) {
	rt := open(t)
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	mark := nonce()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := rt.Images().Resolve(ctx, "workload"); err != nil {
		t.Fatalf("resolve the image workload: %v", err)
	}
	for _, group := range groups() {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.cases {
				t.Run(c.name, func(t *testing.T) { runCase(t, rt, c, mark) })
			}
		})
	}
	left, err := rt.List(context.Background(), label, mark)
	if err != nil || len(left) > 0 {
		t.Errorf("containers left behind: %q (%v)", left, err)
	}
}

type group struct {
	name  string
	cases []testCase
}

func groups() []group {
	return []group{
		{"life", lifeCases()}, {"exit", exitCases()}, {"names", nameCases()}, {"exec", execCases()},
		{"output", outputCases()}, {"process", processCases()}, {"namespaces", namespaceCases()},
		{"security", securityCases()}, {"files", fileCases()}, {"limits", limitCases()},
		{"memory", memoryCases()}, {"many", manyCases()},
	}
}

func runCase(t *testing.T, rt runtime.Runtime, c testCase, mark string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	c.run(&fixture{T: t, rt: rt, ctx: ctx, optional: c.optional, mark: mark})
}

// fixture is what a case works with.
type fixture struct {
	*testing.T
	rt       runtime.Runtime
	ctx      context.Context
	optional bool
	mark     string
}

// check ends the case on an error; an optional case is skipped for ErrUnsupported.
func (f *fixture) check(err error) {
	f.Helper()
	switch {
	case err == nil:
	case f.optional && errors.Is(err, runtime.ErrUnsupported):
		f.Skip(err)
	default:
		f.Fatal(err)
	}
}

// is fails unless the error is the wanted one.
func (f *fixture) is(err, want error) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Errorf("error is %v, want one that is %q", err, want)
	}
}

// spec is a container of the built-in image under a name of its own, which is
// removed at the end of the case, made or not.
func (f *fixture) spec(command ...string) runtime.Spec {
	name := "rt-" + f.mark + "-" + nonce()
	f.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := f.rt.Remove(ctx, name); err != nil {
			f.Errorf("remove at the end: %v", err)
		}
	})
	return runtime.Spec{Name: name, Image: "workload", Command: command, Labels: map[string]string{label: f.mark}}
}

// create makes the container without starting it.
func (f *fixture) create(spec runtime.Spec) {
	f.Helper()
	_, err := f.rt.Create(f.ctx, spec)
	f.check(err)
}

// start makes and starts the container.
func (f *fixture) start(spec runtime.Spec) string {
	f.Helper()
	f.create(spec)
	f.check(f.rt.Start(f.ctx, spec.Name))
	return spec.Name
}

// ended is a container that has run to its end.
type ended struct {
	runtime.Exit
	stdout, stderr string
}

// run makes and starts the container, and waits for its end.
func (f *fixture) run(spec runtime.Spec) ended {
	f.Helper()
	return f.wait(f.start(spec))
}

func (f *fixture) wait(name string) ended {
	f.Helper()
	exit, err := f.rt.Wait(f.ctx, name)
	f.check(err)
	stdout, stderr := f.logs(name)
	return ended{exit, stdout, stderr}
}

func (f *fixture) logs(name string) (string, string) {
	f.Helper()
	var stdout, stderr bytes.Buffer
	f.check(f.rt.Logs(f.ctx, name, &stdout, &stderr))
	return stdout.String(), stderr.String()
}

// output is what a command prints, which must succeed.
func (f *fixture) output(spec runtime.Spec) string {
	f.Helper()
	e := f.run(spec)
	if e.Code != 0 {
		f.Fatalf("%q ended with %d: %s%s", spec.Command, e.Code, e.stdout, e.stderr)
	}
	return strings.TrimSpace(e.stdout)
}

func (f *fixture) inspect(name string) runtime.Inspection {
	f.Helper()
	inspection, err := f.rt.Inspect(f.ctx, name)
	f.check(err)
	return inspection
}

// equal compares one value.
func equal[T comparable](f *fixture, what string, got, want T) {
	f.Helper()
	if got != want {
		f.Errorf("%s is %v, want %v", what, got, want)
	}
}

// eventually repeats a look until it finds what it is for.
func (f *fixture) eventually(what string, look func() bool) {
	f.Helper()
	for !look() {
		select {
		case <-f.ctx.Done():
			f.Fatalf("still not so: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// field is the value behind "Name:" in a file such as /proc/<pid>/status.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		if key, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func nonce() string {
	var b [4]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// status is /proc/<pid>/status as the host shows it, or a skip where the host
// does not see the container's processes.
func (f *fixture) status(pid int) string {
	f.Helper()
	text, err := os.ReadFile(procPath(pid, "status"))
	if err != nil {
		f.Skipf("the host does not see process %d: %v", pid, err)
	}
	return string(text)
}

func pointer[T any](v T) *T { return &v }
