package command

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"isolab/actions"
	"isolab/actions/output"
)

// Command is a program to run.
type Command struct {
	Path  string   // "" looks Args[0] up on the PATH
	Args  []string // the name it is called by, and its arguments
	Env   []string // the whole environment, without the nonce
	Dir   string
	Stdin string
	Files []*os.File // further files, from descriptor 3 on
	Group *os.File   // the v2 cgroup that it is started in, see Enclose; nil: isolab's own
	Max   int        // bytes kept of each output
}

// Ended is how a program ended.
type Ended struct {
	PID            int
	Code           int // 0–255; 128 + signal when a signal ended it
	Signal         int // 0 when none did
	Stdout, Stderr *output.Buffer
	Duration       time.Duration
	CPU            time.Duration // user and system time of it and of the children that it waited for
}

// Running is a started program. Wait must be called, once.
type Running struct {
	PID            int
	mark           string
	began          time.Time
	cmd            *exec.Cmd
	cancel         context.CancelFunc
	stdout, stderr *output.Buffer
}

// drain is how long a program's output is read after it has ended, when a child
// of it keeps the pipe open.
const drain = 500 * time.Millisecond

// MarkEnv is the environment variable that tells the processes of one command
// from all others, besides the run's nonce.
const MarkEnv = "ISOLAB_COMMAND"

var counter atomic.Int64

// Run starts a program and waits for it. A program that cannot be started is an
// error, one that fails is not. When ctx ends, the program and all its
// descendants are killed and the error is the context's.
func Run(ctx context.Context, run actions.Run, c Command) (Ended, error) {
	running, err := Start(ctx, run, c)
	if err != nil {
		return Ended{}, err
	}
	return running.Wait(ctx)
}

// Start starts a program. The context holds until Wait returns.
func Start(ctx context.Context, run actions.Run, c Command) (*Running, error) {
	if len(c.Args) == 0 || c.Args[0] == "" {
		return nil, errors.New("the command is empty")
	}
	r := &Running{mark: run.ID + "-" + strconv.FormatInt(counter.Add(1), 10),
		stdout: output.New(c.Max), stderr: output.New(c.Max)}
	ctx, r.cancel = context.WithCancel(ctx)
	r.cmd = exec.CommandContext(ctx, c.Args[0])
	if c.Path != "" {
		r.cmd.Path, r.cmd.Err = c.Path, nil
	}
	r.cmd.Args, r.cmd.Dir, r.cmd.ExtraFiles = c.Args, c.Dir, c.Files
	r.cmd.Env = append(c.Env, actions.NonceEnv+"="+run.ID, MarkEnv+"="+r.mark)
	r.cmd.Stdout, r.cmd.Stderr, r.cmd.WaitDelay = r.stdout, r.stderr, drain
	if c.Stdin != "" {
		r.cmd.Stdin = strings.NewReader(c.Stdin)
	}
	ownGroup(r.cmd, r.mark, c.Group)
	r.began = time.Now()
	if err := r.cmd.Start(); err != nil {
		r.cancel()
		return nil, fmt.Errorf("start %s: %w", c.Args[0], err)
	}
	r.PID = r.cmd.Process.Pid
	return r, nil
}

// Wait waits for the program and collects what it did. The context is that of
// Start.
func (r *Running) Wait(ctx context.Context) (Ended, error) {
	err := r.cmd.Wait()
	stopped := context.Cause(ctx)
	r.cancel()
	if stopped != nil {
		return Ended{}, errors.Join(fmt.Errorf("%s: %w", r.cmd.Args[0], stopped), killMarked(r.mark))
	}
	state := r.cmd.ProcessState
	if state == nil {
		return Ended{}, fmt.Errorf("wait for %s: %w", r.cmd.Args[0], err)
	}
	code, number := exitOf(state)
	return Ended{PID: r.PID, Code: code, Signal: number, Stdout: r.stdout, Stderr: r.stderr,
		Duration: time.Since(r.began), CPU: state.UserTime() + state.SystemTime()}, nil
}

// Detach starts a program that goes on when the step is over. Its output is
// thrown away; the run's nonce is what ends it.
func Detach(run actions.Run, c Command) (pid int, err error) {
	if len(c.Args) == 0 || c.Args[0] == "" {
		return 0, errors.New("the command is empty")
	}
	cmd := exec.Command(c.Args[0])
	if c.Path != "" {
		cmd.Path, cmd.Err = c.Path, nil
	}
	cmd.Args, cmd.Dir, cmd.ExtraFiles = c.Args, c.Dir, c.Files
	cmd.Env = append(c.Env, actions.NonceEnv+"="+run.ID)
	if c.Stdin != "" {
		cmd.Stdin = strings.NewReader(c.Stdin)
	}
	ownGroup(cmd, "", c.Group)
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start %s: %w", c.Args[0], err)
	}
	go func() { _ = cmd.Wait() }() // reaps it, so that it does not stay as a zombie
	return cmd.Process.Pid, nil
}

// Environment is what programs get unless a step says otherwise: the search path
// and the language, and nothing of isolab's own environment.
func Environment(more map[string]string) []string {
	env := []string{"PATH=" + path(), "LANG=C.UTF-8"}
	if home, ok := os.LookupEnv("HOME"); ok {
		env = append(env, "HOME="+home)
	}
	for _, name := range slices.Sorted(maps.Keys(more)) {
		env = append(env, name+"="+more[name])
	}
	return env
}

func path() string {
	if path := os.Getenv("PATH"); path != "" {
		return path
	}
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

// Journal makes sure that the journal knows of the run's processes on this
// machine, before the first one starts.
func Journal(env *actions.Env) error {
	if env.Ledger.Holds("process", env.Run.ID) {
		return nil
	}
	if err := env.Ledger.Intend("process", env.Run.ID, nil); err != nil {
		return fmt.Errorf("journal the run's processes: %w", err)
	}
	return nil
}

// Removers end a run's processes on this machine, in any process and by the run's
// id alone.
func Removers() map[string]actions.Remover {
	return map[string]actions.Remover{
		"process": func(ctx context.Context, runID string, _ map[string]string) error {
			if runID == "" {
				return errors.New("end the processes of a run: its id is missing")
			}
			return Kill(ctx, runID)
		},
	}
}
