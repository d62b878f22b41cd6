package actionstest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"isolab/actions"
	"isolab/actions/runtime"
	"isolab/schema"
)

var runs atomic.Int64

// Env is an actions.Env with everything in memory but the machine itself.
type Env struct {
	actions.Env
	Ledger  *Ledger
	Granted []actions.Permission // nil: every permission is granted
	Asked   []actions.Permission
	Notes   []string
}

// New makes an Env for a test, with a run of its own.
func New(t testing.TB, rt runtime.Runtime, containers map[string]schema.Container) *Env {
	t.Helper()
	id := fmt.Sprintf("t%x%x", time.Now().UnixNano()&0xffffff, runs.Add(1))
	env := &Env{Ledger: &Ledger{}}
	env.Env = actions.Env{
		Run:        actions.Run{ID: id, Cgroup: "isolab/run-" + id, Dir: t.TempDir(), Source: t.TempDir()},
		Runtime:    rt,
		Containers: &Containers{declared: containers, live: map[string]string{}},
		Ledger:     env.Ledger,
		Permit:     env.permit,
		Note:       func(text string) { env.Notes = append(env.Notes, text) },
		Pause:      func(context.Context, string) error { return nil },
		Clock:      Clock{},
		Root:       "/",
		OutputMax:  1 << 16,
	}
	return env
}

func (e *Env) permit(p actions.Permission) error {
	e.Asked = append(e.Asked, p)
	if e.Granted == nil || slices.Contains(e.Granted, p) {
		return nil
	}
	return fmt.Errorf("%s: %w", p, actions.ErrDenied)
}

// Clock is the real one.
type Clock struct{}

// Now implements actions.Clock.
func (Clock) Now() time.Time { return time.Now() }

// Sleep implements actions.Clock.
func (Clock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// Containers implements actions.Containers.
type Containers struct {
	mu       sync.Mutex
	declared map[string]schema.Container
	live     map[string]string
}

// Declared implements actions.Containers.
func (c *Containers) Declared(name string) (schema.Container, bool) {
	declared, ok := c.declared[name]
	return declared, ok
}

// Live implements actions.Containers.
func (c *Containers) Live(name string) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	runtimeName, ok := c.live[name]
	return runtimeName, ok
}

// Bind implements actions.Containers.
func (c *Containers) Bind(name, runtimeName string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live[name] = runtimeName
}

// Unbind implements actions.Containers.
func (c *Containers) Unbind(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.live, name)
}

// Ledger is a journal in memory.
type Ledger struct {
	mu      sync.Mutex
	entries []Entry
}

// Entry is one thing that the journal holds.
type Entry struct {
	Kind, Name string
	Attrs      map[string]string
	Shared     bool
}

// Intend implements actions.Ledger.
func (l *Ledger) Intend(kind, name string, attrs map[string]string) error {
	return l.add(Entry{Kind: kind, Name: name, Attrs: attrs})
}

// Share implements actions.Ledger.
func (l *Ledger) Share(kind, name string, attrs map[string]string) error {
	return l.add(Entry{Kind: kind, Name: name, Attrs: attrs, Shared: true})
}

func (l *Ledger) add(e Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.IndexFunc(l.entries, func(o Entry) bool { return o.Kind == e.Kind && o.Name == e.Name }); i >= 0 {
		l.entries[i] = e
		return nil
	}
	l.entries = append(l.entries, e)
	return nil
}

// Done implements actions.Ledger.
func (l *Ledger) Done(kind, name string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = slices.DeleteFunc(l.entries, func(e Entry) bool { return e.Kind == kind && e.Name == name })
	return nil
}

// Holds implements actions.Ledger.
func (l *Ledger) Holds(kind, name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.entries, func(e Entry) bool { return e.Kind == kind && e.Name == name })
}

// Attrs are the attributes of what the journal holds.
func (l *Ledger) Attrs(kind, name string) map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.entries {
		if e.Kind == kind && e.Name == name {
			return e.Attrs
		}
	}
	return nil
}

// List is what the journal holds, the oldest first, as "kind name".
func (l *Ledger) List() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []string
	for _, e := range l.entries {
		list = append(list, e.Kind+" "+e.Name)
	}
	return list
}

// Cleanup removes all that the journal holds, the newest first, when the test
// ends, and fails the test when something cannot be removed.
func (e *Env) Cleanup(t testing.TB, removers ...map[string]actions.Remover) {
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		e.Ledger.mu.Lock()
		entries := slices.Clone(e.Ledger.entries)
		e.Ledger.mu.Unlock()
		for _, entry := range slices.Backward(entries) {
			remove := find(removers, entry.Kind)
			if remove == nil {
				t.Errorf("nobody removes a %s", entry.Kind)
				continue
			}
			if err := remove(ctx, entry.Name, entry.Attrs); err != nil {
				t.Errorf("clean up %s %s: %v", entry.Kind, entry.Name, err)
			}
		}
	})
}

func find(removers []map[string]actions.Remover, kind string) actions.Remover {
	for _, some := range removers {
		if remove := some[kind]; remove != nil {
			return remove
		}
	}
	return nil
}

// View is a plan's view, with placeholders.
type View struct {
	Containers map[string]schema.Container
	OS         string // "linux" when empty
	Version    string // "v1" when empty
	Fields     []string
	Images     []string // that earlier steps make
}

// Container implements actions.Declared.
func (v View) Container(name string) (schema.Container, bool) {
	c, ok := v.Containers[name]
	return c, ok
}

// Names implements actions.Declared.
func (v View) Names() []string {
	var names []string
	for name := range v.Containers {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// System implements actions.View.
func (v View) System() string { return cmp.Or(v.OS, "linux") }

// Made implements actions.Declared.
func (v View) Made(image string) bool { return slices.Contains(v.Images, image) }

// Runtime implements actions.View.
func (v View) Runtime() string { return "docker" }

// ContainerName implements actions.View.
func (v View) ContainerName(name string) string { return name }

// CgroupVersion implements actions.View.
func (v View) CgroupVersion() string {
	if v.System() != "linux" {
		return ""
	}
	return cmp.Or(v.Version, "v1")
}

// Cgroup implements actions.View.
func (v View) Cgroup(target, controller string) string {
	if v.CgroupVersion() == "v2" {
		return "/sys/fs/cgroup/" + target
	}
	return "/sys/fs/cgroup/" + controller + "/" + target
}

// PID implements actions.View.
func (v View) PID(name string) string { return "<" + name + "'s pid>" }

// Reads implements actions.View.
func (v View) Reads() []string { return v.Fields }
