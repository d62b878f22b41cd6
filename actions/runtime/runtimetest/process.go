package runtimetest

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"isolab/actions/runtime"
	"isolab/schema/unit"
)

func procPath(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}

func processCases() []testCase {
	return []testCase{
		must("pid_1", func(f *fixture) {
			equal(f, "comm of pid 1", f.output(f.spec("cat", "/proc/1/comm")), "cat")
		}),
		must("host_pid", hostPID),
		must("environment", func(f *fixture) {
			spec := f.spec("env")
			spec.Env = []string{"ISOLAB_TEST=a b"}
			out := strings.Split(f.output(spec), "\n")
			for _, want := range []string{"ISOLAB_TEST=a b", "PATH=/bin"} {
				if !slices.Contains(out, want) {
					f.Errorf("no %s in %q", want, out)
				}
			}
		}),
		must("directory", func(f *fixture) {
			spec := f.spec("pwd")
			spec.WorkDir = "/home/student"
			equal(f, "pwd", f.output(spec), "/home/student")
		}),
		must("user_by_number", func(f *fixture) {
			spec := f.spec("sh", "-c", "id -u; id -g")
			spec.User = "1234:4321"
			equal(f, "id", f.output(spec), "1234\n4321")
		}),
		must("user_by_name", func(f *fixture) {
			spec := f.spec("id", "-u")
			spec.User = "student"
			equal(f, "id", f.output(spec), "1000")
		}),
		must("entrypoint", func(f *fixture) {
			spec := f.spec("b", "c")
			spec.Entrypoint = []string{"echo", "a"}
			equal(f, "output", f.output(spec), "a b c")
		}),
		must("image_command", func(f *fixture) {
			equal(f, "code of sh without input", f.run(f.spec()).Code, 0)
		}),
		must("ulimit", ulimit),
		must("oom_score_adj", func(f *fixture) {
			spec := f.spec("cat", "/proc/self/oom_score_adj")
			spec.OOMScore = pointer(321)
			equal(f, "oom_score_adj", f.output(spec), "321")
		}),
		may("sysctl", func(f *fixture) {
			spec := f.spec("cat", "/proc/sys/kernel/shmmni")
			spec.Sysctls = map[string]string{"kernel.shmmni": "1234"}
			equal(f, "kernel.shmmni", f.output(spec), "1234")
		}),
		must("init_forwards_signals", initForwards),
		must("init_reaps", initReaps),
		must("no_init_does_not_reap", noInit),
	}
}

// hostPID: the pid that inspect gives is the host's number of the container's
// pid 1 (NSpid, proc_pid_status(5)).
func hostPID(f *fixture) {
	pid := f.inspect(f.start(f.spec("sleep", "60"))).PID
	numbers := strings.Fields(field(f.status(pid), "NSpid"))
	if len(numbers) < 2 || numbers[0] != strconv.Itoa(pid) || numbers[len(numbers)-1] != "1" {
		f.Errorf("NSpid of process %d is %q", pid, numbers)
	}
}

// ulimit: the soft limit on open files is the hard one here, because a Go program
// raises it to that when it starts.
func ulimit(f *fixture) {
	spec := f.spec("cat", "/proc/self/limits")
	spec.Ulimits = map[string]runtime.Ulimit{"nofile": {Soft: 64, Hard: 64}, "core": {Soft: 0, Hard: 0},
		"fsize": {Soft: 1 << 20, Hard: 2 << 20}}
	out := f.output(spec)
	for _, want := range []string{"Max open files 64 64", "Max core file size 0 0", "Max file size 1048576 2097152"} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			f.Errorf("no %q in:\n%s", want, out)
		}
	}
}

// initForwards: below an init a program need not handle SIGTERM to end by it.
func initForwards(f *fixture) {
	spec := f.spec("sleep", "60")
	spec.Init = true
	name := f.start(spec)
	f.settled(f.childOf(f.inspect(name).PID, name))
	equal(f, "comm of pid 1 is the command's", f.exec(name, runtime.ExecSpec{Command: []string{"cat", "/proc/1/comm"}}) == "sleep", false)
	f.check(f.rt.Stop(f.ctx, name, 30*time.Second))
	equal(f, "code", f.wait(name).Code, 128+int(syscall.SIGTERM))
}

// childOf waits for the process that the main one starts.
func (f *fixture) childOf(pid int, name string) (child int) {
	f.Helper()
	f.eventually("the command runs below init", func() bool {
		processes, err := f.rt.Top(f.ctx, name)
		f.check(err)
		for _, p := range processes {
			if p.PPID == pid && strings.HasPrefix(p.Command, "sleep") {
				child = p.PID
			}
		}
		return child != 0
	})
	return child
}

// zombies counts what is left of five orphans.
func zombies(f *fixture, init bool) string {
	spec := f.spec("zombies", "--exit", "--json", "5")
	spec.Init = init
	return f.output(spec)
}

func initReaps(f *fixture) {
	if out := zombies(f, true); !strings.Contains(out, `"zombies":0`) {
		f.Errorf("with an init: %s", out)
	}
}

func noInit(f *fixture) {
	if out := zombies(f, false); !strings.Contains(out, `"zombies":5`) {
		f.Errorf("without an init: %s", out)
	}
}

func manyCases() []testCase {
	return []testCase{
		must("eight_at_once", eightAtOnce),
		must("short_runs", shortRuns),
	}
}

// eightAtOnce: calls for different containers do not disturb each other.
func eightAtOnce(f *fixture) {
	const containers = 8
	type outcome struct {
		exit runtime.Exit
		err  error
	}
	outcomes := make([]chan outcome, containers)
	for i := range containers {
		spec := f.spec("sh", "-c", "sleep 0.1; exit "+strconv.Itoa(i))
		spec.Limits.Memory = pointer(32 * unit.MiB)
		outcomes[i] = make(chan outcome, 1)
		go func() {
			exit, err := f.lifetime(spec)
			outcomes[i] <- outcome{exit, err}
		}()
	}
	for i, c := range outcomes {
		o := <-c
		if o.err != nil || o.exit.Code != i {
			f.Errorf("container %d ended with %d (%v)", i, o.exit.Code, o.err)
		}
	}
}

func (f *fixture) lifetime(spec runtime.Spec) (runtime.Exit, error) {
	if _, err := f.rt.Create(f.ctx, spec); err != nil {
		return runtime.Exit{}, err
	}
	if err := f.rt.Start(f.ctx, spec.Name); err != nil {
		return runtime.Exit{}, err
	}
	exit, err := f.rt.Wait(f.ctx, spec.Name)
	if err != nil {
		return exit, err
	}
	return exit, f.rt.Remove(f.ctx, spec.Name)
}

// shortRuns: a command that ends at once is not missed.
func shortRuns(f *fixture) {
	for range 5 {
		exit, err := f.lifetime(f.spec("sh", "-c", "exit 5"))
		f.check(err)
		equal(f, "code", exit.Code, 5)
	}
}
