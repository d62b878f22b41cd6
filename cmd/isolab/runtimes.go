package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"isolab/actions/runtime"
	"isolab/actions/runtime/docker"
	"isolab/actions/runtime/embedded"
	"isolab/cmd/isolab/console"
)

// askTime is how long a daemon may take to answer before it counts as absent.
const askTime = 5 * time.Second

// silenceHelp is what helps when a runtime does not answer.
var silenceHelp = map[string]string{
	"docker":   "restart Docker",
	"embedded": "look at what keeps the machine busy",
}

// chooser picks the runtime for each scenario and keeps those that were opened.
// It implements engine.Runtimes.
type chooser struct {
	want  string // auto, docker or embedded: what the user asked for
	state string

	mu     sync.Mutex
	opened map[string]*opened
}

// opened is a runtime that was asked once whether it can be used here.
type opened struct {
	rt   runtime.Runtime
	info runtime.Info
	err  error
}

func newChooser(want, state string) (*chooser, error) {
	switch want {
	case "auto", "docker", "embedded":
		return &chooser{want: want, state: state, opened: map[string]*opened{}}, nil
	}
	return nil, usagef("--runtime %s: there is auto, docker and embedded", want)
}

// Choose returns the runtime for a scenario and, in one clause, why this one.
func (c *chooser) Choose(ctx context.Context, required string) (runtime.Runtime, string, error) {
	if required != "" {
		if c.want != "auto" && c.want != required {
			return nil, "", fmt.Errorf("needs the %s runtime, and --runtime %s was given", required, c.want)
		}
		o := c.open(ctx, required)
		if o.err != nil {
			return o.rt, "", fmt.Errorf("needs the %s runtime: %w", required, o.err)
		}
		return o.rt, "the scenario needs it", nil
	}
	if c.want != "auto" {
		o := c.open(ctx, c.want)
		if o.err != nil && c.want != "embedded" {
			return o.rt, "", fmt.Errorf("%w, or use --runtime embedded", o.err)
		}
		return o.rt, "--runtime says so", o.err
	}
	d := c.open(ctx, "docker")
	if d.err == nil && d.info.OS == "linux" {
		return d.rt, "a Docker daemon answers", nil
	}
	e := c.open(ctx, "embedded")
	if e.err != nil && d.err == nil {
		return d.rt, "a Docker daemon answers", nil
	}
	if e.err != nil {
		return nil, "", fmt.Errorf("no runtime can be used: docker: %v; embedded: %v", d.err, e.err)
	}
	return e.rt, without(d.err, os.Getenv("DOCKER_HOST")), nil
}

// without says why Docker is not used.
func without(err error, host string) string {
	why := "no Docker daemon answers"
	if errors.Is(err, fs.ErrPermission) {
		why = "this user may not talk to the Docker daemon"
	}
	if host != "" {
		why += " at DOCKER_HOST=" + console.Clean(host)
	}
	return why
}

// open makes a runtime on first use and asks it whether it can run containers.
func (c *chooser) open(ctx context.Context, name string) *opened {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o, ok := c.opened[name]; ok {
		return o
	}
	o := &opened{}
	c.opened[name] = o
	if o.rt, o.err = openRuntime(name, c.state); o.err != nil {
		o.rt = nil // what a failed New returns is a nil pointer in the interface, which is not nil
		return o
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	o.info, o.err = o.rt.Info(ctx)
	if o.err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		o.err = fmt.Errorf("%s did not answer within %s; %s: %w", name, askTime, silenceHelp[name], o.err)
	}
	return o
}

// byName returns a runtime for cleanup: the opened one, or a new one that is not
// asked anything first.
func (c *chooser) byName(_ context.Context, name string) (runtime.Runtime, error) {
	c.mu.Lock()
	o, ok := c.opened[name]
	c.mu.Unlock()
	if ok && o.rt != nil {
		return o.rt, nil
	}
	return openRuntime(name, c.state)
}

// info is what an opened runtime said of itself.
func (c *chooser) info(rt runtime.Runtime) runtime.Info {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.opened {
		if o.rt == rt {
			return o.info
		}
	}
	return runtime.Info{}
}

// Close lets go of the runtimes' connections.
func (c *chooser) Close() {
	for _, o := range c.opened {
		if o.rt != nil {
			o.rt.Close()
		}
	}
}

// sessionTag is the built-in image's tag in a daemon: one a process, so that the
// end of one isolab does not take the image from another. Its start tells which
// state directory it belongs to.
func sessionTag(state string) string { return tagOf(state) + "-" + sessionWord() }

func tagOf(state string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(state)))[:8] }

var sessionWord = sync.OnceValue(func() string { return strings.ToLower(rand.Text()[:8]) })

// openRuntime makes a runtime without asking it anything. It also serves cleanup,
// which knows the runtime's name from the journal.
func openRuntime(name, state string) (runtime.Runtime, error) {
	switch name {
	case "docker":
		return docker.New(docker.Options{WorkloadTag: "isolab/workload:" + sessionTag(state)})
	case "embedded":
		return embedded.New(embedded.Options{StateDir: filepath.Join(state, "run"), DataDir: filepath.Join(state, "data")})
	}
	return nil, fmt.Errorf("unknown runtime %q", name)
}
