package actionstest

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"isolab/actions/runtime"
)

// Runtime is a runtime that starts nothing and remembers what it was asked for.
// Its containers run until Wait, which ends them as Exit says.
type Runtime struct {
	mu         sync.Mutex
	Calls      []string // "create isolab-…", "start isolab-…"
	Specs      map[string]runtime.Spec
	States     map[string]runtime.State
	Exit       runtime.Exit
	Stdout     string
	Stderr     string
	ExecCode   int
	Updated    runtime.Limits
	PID        int // of every running container
	InfoAnswer runtime.Info
	Store      Images
	Fail       map[string]error // by call: "create"
	WaitBlocks bool             // Wait returns only with its context
}

var _ runtime.Runtime = (*Runtime)(nil)

// NewRuntime makes a runtime that has the built-in image only.
func NewRuntime() *Runtime {
	rt := &Runtime{Specs: map[string]runtime.Spec{}, States: map[string]runtime.State{}, Fail: map[string]error{},
		InfoAnswer: runtime.Info{Name: "docker", OS: "linux", DataRoot: "/"}}
	rt.Store.Have = map[string]bool{"workload": true}
	return rt
}

func (r *Runtime) call(what, name string) error {
	r.Calls = append(r.Calls, what+" "+name)
	return r.Fail[what]
}

func (r *Runtime) on(what, name string, then func()) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.call(what, name); err != nil {
		return err
	}
	if _, ok := r.States[name]; !ok {
		return fmt.Errorf("%s %s: %w", what, name, runtime.ErrNotFound)
	}
	then()
	return nil
}

// Name implements runtime.Runtime.
func (r *Runtime) Name() string { return r.InfoAnswer.Name }

// Info implements runtime.Runtime.
func (r *Runtime) Info(context.Context) (runtime.Info, error) { return r.InfoAnswer, nil }

// Create implements runtime.Runtime.
func (r *Runtime) Create(_ context.Context, spec runtime.Spec) (runtime.Created, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.call("create", spec.Name); err != nil {
		return runtime.Created{}, err
	}
	r.Specs[spec.Name], r.States[spec.Name] = spec, runtime.StateCreated
	return runtime.Created{ID: "0123456789abcdef"}, nil
}

// Start implements runtime.Runtime.
func (r *Runtime) Start(_ context.Context, name string) error {
	return r.on("start", name, func() { r.States[name] = runtime.StateRunning })
}

// Wait implements runtime.Runtime.
func (r *Runtime) Wait(ctx context.Context, name string) (runtime.Exit, error) {
	if r.WaitBlocks {
		<-ctx.Done()
		return runtime.Exit{}, ctx.Err()
	}
	err := r.on("wait", name, func() { r.States[name] = runtime.StateExited })
	return r.Exit, err
}

// Signal implements runtime.Runtime.
func (r *Runtime) Signal(_ context.Context, name string, sig syscall.Signal) error {
	return r.on(fmt.Sprintf("signal %d", int(sig)), name, func() {})
}

// Stop implements runtime.Runtime.
func (r *Runtime) Stop(_ context.Context, name string, grace time.Duration) error {
	return r.on("stop "+grace.String(), name, func() { r.States[name] = runtime.StateExited })
}

// Pause implements runtime.Runtime.
func (r *Runtime) Pause(_ context.Context, name string) error {
	return r.on("pause", name, func() { r.States[name] = runtime.StatePaused })
}

// Unpause implements runtime.Runtime.
func (r *Runtime) Unpause(_ context.Context, name string) error {
	return r.on("unpause", name, func() { r.States[name] = runtime.StateRunning })
}

// Update implements runtime.Runtime.
func (r *Runtime) Update(_ context.Context, name string, limits runtime.Limits) error {
	return r.on("update", name, func() { r.Updated = limits })
}

// Remove implements runtime.Runtime.
func (r *Runtime) Remove(_ context.Context, name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.States, name)
	return r.call("remove", name)
}

// Exec implements runtime.Runtime.
func (r *Runtime) Exec(_ context.Context, name string, c runtime.ExecSpec) (runtime.ExecResult, error) {
	err := r.on("exec", name, func() {
		fmt.Fprint(c.Stdout, r.Stdout)
		fmt.Fprint(c.Stderr, r.Stderr)
	})
	return runtime.ExecResult{Code: r.ExecCode}, err
}

// Inspect implements runtime.Runtime.
func (r *Runtime) Inspect(_ context.Context, name string) (seen runtime.Inspection, err error) {
	err = r.on("inspect", name, func() {
		seen = runtime.Inspection{ID: "0123456789abcdef", Name: name, State: r.States[name], Limits: r.Specs[name].Limits, Exit: r.Exit}
		if r.States[name] == runtime.StateRunning {
			seen.PID = r.PID
		}
	})
	return seen, err
}

// Logs implements runtime.Runtime.
func (r *Runtime) Logs(_ context.Context, name string, stdout, stderr io.Writer) error {
	return r.on("logs", name, func() {
		fmt.Fprint(stdout, r.Stdout)
		fmt.Fprint(stderr, r.Stderr)
	})
}

// Top implements runtime.Runtime.
func (r *Runtime) Top(_ context.Context, name string) ([]runtime.TopProcess, error) {
	return []runtime.TopProcess{{PID: r.PID, Command: "pinger"}}, r.on("top", name, func() {})
}

// Stats implements runtime.Runtime.
func (r *Runtime) Stats(_ context.Context, name string) (runtime.Stats, error) {
	return runtime.Stats{Memory: 50, MemoryLimit: 100}, r.on("stats", name, func() {})
}

// List implements runtime.Runtime.
func (r *Runtime) List(context.Context, string, string) ([]string, error) { return nil, nil }

// Images implements runtime.Runtime.
func (r *Runtime) Images() runtime.Images { return &r.Store }

// Close implements runtime.Runtime.
func (r *Runtime) Close() error { return nil }

// Images is a store of names.
type Images struct {
	Calls  []string
	Have   map[string]bool
	Used   map[string]bool            // by a container
	Tag    string                     // what Made answers
	Holds  map[string][]runtime.Image // what Contents answers, by the last element of the path
	OnLoad []string                   // references that are there after Load

	Unbuildable error // what Build answers
}

// Resolve implements runtime.Images.
func (s *Images) Resolve(_ context.Context, ref string) (runtime.Image, error) {
	s.Calls = append(s.Calls, "resolve "+ref)
	if !s.Have[ref] {
		return runtime.Image{}, fmt.Errorf("image %s: %w", ref, runtime.ErrNotFound)
	}
	return runtime.Image{Ref: ref, ID: "sha256:" + ref, OS: "linux"}, nil
}

// Made implements runtime.Images.
func (s *Images) Made() string { return s.Tag }

// Pull implements runtime.Images.
func (s *Images) Pull(_ context.Context, ref string, _ func(string)) (runtime.Image, error) {
	return s.bring("pull", ref)
}

// Contents implements runtime.Images.
func (s *Images) Contents(_ context.Context, path string) ([]runtime.Image, error) {
	return s.Holds[filepath.Base(path)], nil
}

// Load implements runtime.Images.
func (s *Images) Load(_ context.Context, path string) (runtime.Image, error) {
	for _, ref := range s.OnLoad {
		s.Have[ref] = true
	}
	return s.bring("load", path)
}

// Build implements runtime.Images.
func (s *Images) Build(_ context.Context, _, tag string, _ func(string)) (runtime.Image, error) {
	if s.Unbuildable != nil {
		return runtime.Image{}, s.Unbuildable
	}
	return s.bring("build", tag)
}

func (s *Images) bring(how, ref string) (runtime.Image, error) {
	s.Calls = append(s.Calls, how+" "+ref)
	s.Have[ref] = true
	return runtime.Image{Ref: ref, ID: "sha256:" + ref, OS: "linux"}, nil
}

// Remove implements runtime.Images.
func (s *Images) Remove(_ context.Context, ref, id string) error {
	s.Calls = append(s.Calls, "remove "+ref+" "+id)
	if s.Used[ref] {
		return fmt.Errorf("remove image %s: %w", ref, runtime.ErrConflict)
	}
	delete(s.Have, ref)
	return nil
}
