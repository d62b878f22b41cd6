package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
	"isolab/actions/runtime/embedded/image"
	"isolab/actions/runtime/embedded/seccomp"
)

// Runtime runs containers with the kernel alone. It is safe for concurrent use.
type Runtime struct {
	options  Options
	dirs     dirs
	boot     string
	cgroups  *cgroup.Host
	missing  error // why containers cannot run: no cgroups, or a kernel that is too old
	trees    []tree
	locks    locks
	books    sync.Mutex // held while a record is changed
	filters  seccomp.Cache
	program  *program
	store    *image.Store
	rootless *rootless

	mu    sync.Mutex
	live  map[string]*life // by container name: what this process started
	watch func(name, did string)
	// waiting are processes that Create has begun with.
	waiting map[string]*waiting
}

var (
	_ runtime.Runtime   = (*Runtime)(nil)
	_ runtime.Observer  = (*Runtime)(nil)
	_ runtime.Sandboxer = (*Runtime)(nil)
)

// New makes a runtime. It looks at the machine and makes nothing: whether
// containers can run here is [Runtime.Info]'s answer.
func New(options Options) (*Runtime, error) {
	options = options.withDefaults()
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return nil, fmt.Errorf("embedded runtime: %w", err)
	}
	r := &Runtime{
		options: options,
		dirs:    dirs{state: options.StateDir, data: options.DataDir},
		boot:    strings.TrimSpace(string(boot)),
		live:    map[string]*life{},
		waiting: map[string]*waiting{},
		program: newProgram(options.Executable),
		store:   image.Open(filepath.Join(options.DataDir, "images")),
	}
	r.rootless = newRootless(r)
	if r.cgroups, r.missing = cgroup.Open("/"); r.missing == nil {
		r.trees, r.missing = findTrees()
	}
	if r.missing == nil {
		r.missing = lacking(needed)
	}
	return r, nil
}

// Name is "embedded".
func (r *Runtime) Name() string { return "embedded" }

// Observe sets the function that is told of each thing done to make a container,
// in order. It is called from several goroutines when several containers start.
func (r *Runtime) Observe(told func(name, did string)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watch = told
}

func (r *Runtime) observer() func(name, did string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.watch
}

// tell passes one sentence on to the observer.
func (r *Runtime) tell(name, format string, args ...any) {
	if told := r.observer(); told != nil {
		told(name, fmt.Sprintf(format, args...))
	}
}

// lifeOf returns what this process started under the name, nil when it did not.
func (r *Runtime) lifeOf(name string) *life {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.live[name]
}

func (r *Runtime) setLife(name string, l *life) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l == nil {
		delete(r.live, name)
		return
	}
	r.live[name] = l
}

// maxName is the length of a container's name at most, in bytes.
const maxName = 128

// isName reports whether a text is a container's name: such a text is also one
// element of a path, and never "." or "..".
func isName(text string) bool {
	if text == "" || len(text) > maxName || strings.ContainsRune("_.-", rune(text[0])) {
		return false
	}
	return strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == ""
}

func checkName(name string) error {
	if !isName(name) {
		return fmt.Errorf("container name %q: want a-z 0-9 _ . -, beginning with a letter or digit, at most 128 bytes", name)
	}
	return nil
}

// unsupported turns the cgroup package's sentinel into this one's.
func unsupported(err error) error {
	if errors.Is(err, cgroup.ErrUnsupported) {
		return fmt.Errorf("%w: %w", runtime.ErrUnsupported, err)
	}
	return err
}

// locks keeps operations on one name apart from each other.
type locks struct {
	mu   sync.Mutex
	held map[string]*nameLock
}

type nameLock struct {
	free  chan struct{} // holds one token while nobody has the lock
	users int
}

// lock waits for the name, or for the end of ctx.
func (l *locks) lock(ctx context.Context, name string) (unlock func(), err error) {
	entry := l.enter(name)
	select {
	case <-entry.free:
		return func() { entry.free <- struct{}{}; l.leave(name, entry) }, nil
	case <-ctx.Done():
		l.leave(name, entry)
		return nil, fmt.Errorf("container %s: %w", name, context.Cause(ctx))
	}
}

func (l *locks) enter(name string) *nameLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = map[string]*nameLock{}
	}
	entry := l.held[name]
	if entry == nil {
		entry = &nameLock{free: make(chan struct{}, 1)}
		entry.free <- struct{}{}
		l.held[name] = entry
	}
	entry.users++
	return entry
}

func (l *locks) leave(name string, entry *nameLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if entry.users--; entry.users == 0 {
		delete(l.held, name)
	}
}
