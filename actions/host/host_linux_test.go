package host_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"isolab/actions"
	"isolab/actions/actionstest"
	"isolab/actions/cgroup"
	"isolab/actions/command"
	"isolab/actions/host"
	"isolab/actions/runtime"
	"isolab/actions/target"
	"isolab/schema"
	"isolab/schema/testenv"
)

func do[R any](t *testing.T, env *actionstest.Env, action actions.Action, params any) (R, error) {
	t.Helper()
	result, err := action.Run(context.Background(), &env.Env, params)
	return result.(R), err
}

func must[R any](t *testing.T, env *actionstest.Env, action actions.Action, params any) R {
	t.Helper()
	result, err := do[R](t, env, action, params)
	if err != nil {
		t.Fatalf("%s: %v", action.Name, err)
	}
	return result
}

func setup(t *testing.T) *actionstest.Env {
	testenv.Need(t, testenv.Linux)
	env := actionstest.New(t, actionstest.NewRuntime(), nil)
	env.Cleanup(t, command.Removers(), host.Removers(), cgroup.Removers("/"))
	return env
}

// detach starts a process of the run.
func detach(t *testing.T, env *actionstest.Env, words ...string) int {
	t.Helper()
	if err := command.Journal(&env.Env); err != nil {
		t.Fatal(err)
	}
	pid, err := command.Detach(env.Run, command.Command{Args: words, Env: command.Environment(nil)})
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestProcesses(t *testing.T) {
	env := setup(t)
	pid := detach(t, env, "sleep", "987654")
	all := must[host.ProcessesResult](t, env, host.Processes, host.ProcessesParams{})
	if !slices.Contains(all.PIDs, pid) || !slices.Contains(all.PIDs, os.Getpid()) || all.Count != len(all.Processes) {
		t.Errorf("%d processes, without %d", all.Count, pid)
	}
	own := must[host.ProcessesResult](t, env, host.Processes, host.ProcessesParams{Own: true})
	if !slices.Equal(own.PIDs, []int{pid}) || !slices.Equal(own.Commands, []string{"sleep"}) {
		t.Errorf("own: %+v", own)
	}
	named := must[host.ProcessesResult](t, env, host.Processes, host.ProcessesParams{Command: "987654", User: "0"})
	if os.Geteuid() == 0 && !slices.Contains(named.PIDs, pid) {
		t.Errorf("named: %+v", named)
	}
	if none := must[host.ProcessesResult](t, env, host.Processes, host.ProcessesParams{User: "54321"}); none.Count != 0 {
		t.Errorf("of nobody: %+v", none)
	}
}

func TestProcess_andItsNamespaces(t *testing.T) {
	env := setup(t)
	testenv.Need(t, testenv.Root, testenv.Tool("unshare", "util-linux"))
	pid := detach(t, env, "unshare", "--pid", "--uts", "--fork", "--mount-proc", "sleep", "987654")
	child := waitChild(t, env, pid)
	p := must[host.ProcessResult](t, env, host.Process, host.ProcessParams{PID: child})
	if p.Command != "sleep" || len(p.PIDs) != 2 || p.PIDs[1] != 1 || p.Origins()["pids"] == "" {
		t.Errorf("got %+v", p)
	}
	ns := must[host.NamespacesResult](t, env, host.Namespaces, host.NamespacesParams{PID: child})
	s := ns.SharedWithHost
	if s.PID || s.UTS || s.Mount || !s.Net || !s.User || !slices.Equal(ns.Own, []string{"pid", "mnt", "uts"}) {
		t.Errorf("got %+v", ns)
	}
}

// waitChild waits for the child of a process to have become sleep.
func waitChild(t *testing.T, env *actionstest.Env, pid int) int {
	t.Helper()
	fs, err := target.Proc(&env.Env)
	if err != nil {
		t.Fatal(err)
	}
	for range 500 {
		children, err := fs.Children(pid)
		if err == nil && len(children) == 1 && children[0].Command == "sleep" {
			return children[0].PID
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("unshare never started its command")
	return 0
}

func TestProcess_thatIsNotThere(t *testing.T) {
	env := setup(t)
	if _, err := do[host.ProcessResult](t, env, host.Process, host.ProcessParams{PID: 1 << 22}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestKill_ofTheRun(t *testing.T) {
	env := setup(t)
	env.Granted = []actions.Permission{}
	pid := detach(t, env, "sleep", "1000")
	killed := must[host.KillResult](t, env, host.Kill, host.KillParams{PID: pid})
	if killed.Command != "sleep" || killed.SignalName != "SIGKILL" {
		t.Errorf("got %+v", killed)
	}
	for command.Of(env.Run.ID, pid) {
		time.Sleep(time.Millisecond)
	}
}

func TestKill_leavesOthersAlone(t *testing.T) {
	env := setup(t)
	env.Granted = []actions.Permission{}
	other := exec.Command("sleep", "1000")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
	for _, pid := range []int{1, os.Getpid(), os.Getppid(), other.Process.Pid} {
		if _, err := do[host.KillResult](t, env, host.Kill, host.KillParams{PID: pid, Signal: "CONT"}); !errors.Is(err, actions.ErrDenied) {
			t.Errorf("process %d: got %v", pid, err)
		}
	}
	env.Granted = []actions.Permission{actions.HostKill}
	must[host.KillResult](t, env, host.Kill, host.KillParams{PID: other.Process.Pid, Signal: "CONT"})
	if _, err := do[host.KillResult](t, env, host.Kill, host.KillParams{PID: 1, Signal: "CONT"}); !errors.Is(err, actions.ErrDenied) {
		t.Errorf("process 1, with the permission: got %v", err)
	}
}

func TestMemoryAndInfo(t *testing.T) {
	env := setup(t)
	memory, err := host.Memory.Run(context.Background(), &env.Env, host.MemoryParams{})
	if sourced, ok := memory.(actions.Sourced); err != nil || !ok || sourced.Origins()["available"] != "/proc/meminfo" {
		t.Errorf("got %+v, %v", memory, err)
	}
	info := must[host.InfoResult](t, env, host.Info, host.InfoParams{})
	if info.OS != "linux" || info.CPUs == 0 || info.Runtime != "docker" {
		t.Errorf("got %+v", info)
	}
}

func TestCPU_ofABusyMachine(t *testing.T) {
	env := setup(t)
	detach(t, env, "sh", "-c", "while :; do :; done")
	r := must[host.CPUResult](t, env, host.CPU, host.CPUParams{For: time.Second})
	if r.CPUs < 0.5 || r.Busy <= 0 || r.Busy > 1 || len(r.PerCPU) != int(r.OnlineCount) || r.Origins()["busy"] != "/proc/stat" {
		t.Errorf("got %+v", r)
	}
}

func TestExec(t *testing.T) {
	env := setup(t)
	r := must[host.ExecResult](t, env, host.Exec, host.ExecParams{Command: []string{"sh", "-c", "pwd; echo $A; exit 4"}, Env: map[string]string{"A": "b"}})
	if r.ExitCode != 4 || r.Stdout != env.Run.Dir+"\nb\n" || host.Exec.FailsOn(r) == nil {
		t.Errorf("got %+v", r)
	}
	env.Granted = []actions.Permission{}
	if _, err := do[host.ExecResult](t, env, host.Exec, host.ExecParams{Command: []string{"true"}}); !errors.Is(err, actions.ErrDenied) {
		t.Errorf("got %v", err)
	}
}

func TestExec_keepsLittleOfAFlood(t *testing.T) {
	env := setup(t)
	env.OutputMax = 1000
	r := must[host.ExecResult](t, env, host.Exec, host.ExecParams{Command: []string{"sh", "-c", "head -c 10000000 /dev/zero"}})
	if len(r.Stdout) != 1000 || r.StdoutBytes != 10000000 || !r.Truncated {
		t.Errorf("kept %d of %v", len(r.Stdout), r.StdoutBytes)
	}
}

// The container of this runtime is the test process itself.
func TestContainer_asSeenFromTheHost(t *testing.T) {
	testenv.Need(t, testenv.Linux)
	rt := actionstest.NewRuntime()
	rt.PID = os.Getpid()
	env := actionstest.New(t, rt, map[string]schema.Container{"self": {}})
	rt.States["self"] = runtime.StateRunning
	env.Containers.Bind("self", "self")
	p := must[host.ProcessResult](t, env, host.Process, host.ProcessParams{Container: "self"})
	if p.PID != os.Getpid() {
		t.Errorf("got process %d", p.PID)
	}
	ns := must[host.NamespacesResult](t, env, host.Namespaces, host.NamespacesParams{Container: "self"})
	if len(ns.Own) != 0 || !ns.SharedWithHost.PID {
		t.Errorf("got %+v", ns)
	}
	_, err := do[host.ProcessResult](t, env, host.Process, host.ProcessParams{Container: "self", Command: "no such command"})
	if err == nil || !strings.Contains(err.Error(), "0 processes of container self fit") {
		t.Errorf("got %v", err)
	}
}

// A tree of /proc as a user sees it who may not look at another one's namespaces.
func TestNamespaces_thatCannotBeRead(t *testing.T) {
	env := setup(t)
	const other = 7
	env.Root = t.TempDir()
	copyProcess(t, env.Root, os.Getpid(), "pid:[100]", "net:[200]", "uts:[300]")
	copyProcess(t, env.Root, other, "net:[200]", "uts:[301]")
	ns := must[host.NamespacesResult](t, env, host.Namespaces, host.NamespacesParams{PID: other})
	for _, field := range []string{"namespaces.pid", "shared_with_host.pid", "own", "host.time", "namespaces.time", "shared_with_host.time"} {
		if ns.Missing[field] == "" {
			t.Errorf("%s is not missing: %+v", field, ns)
		}
	}
	for _, field := range []string{"host.pid", "shared_with_host.net", "shared_with_host.uts"} {
		if ns.Missing[field] != "" || ns.Origins()[field] == "" {
			t.Errorf("%s: missing %q, read from %q", field, ns.Missing[field], ns.Origins()[field])
		}
	}
	if !ns.SharedWithHost.Net || ns.SharedWithHost.UTS || !slices.Equal(ns.Own, []string{"uts"}) {
		t.Errorf("got %+v", ns)
	}
	self := must[host.NamespacesResult](t, env, host.Namespaces, host.NamespacesParams{PID: os.Getpid()})
	if self.Missing["own"] != "" || self.Missing["shared_with_host.time"] == "" {
		t.Errorf("kinds that the kernel does not have: %q", self.Missing)
	}
}

// copyProcess makes a process in a tree of /proc out of our own, with the given
// namespaces and no others.
func copyProcess(t *testing.T, root string, pid int, namespaces ...string) {
	t.Helper()
	dir := filepath.Join(root, "proc", strconv.Itoa(pid))
	if err := os.MkdirAll(filepath.Join(dir, "ns"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"stat", "status"} {
		text, err := os.ReadFile("/proc/self/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range namespaces {
		kind, _, _ := strings.Cut(link, ":")
		if err := os.Symlink(link, filepath.Join(dir, "ns", kind)); err != nil {
			t.Fatal(err)
		}
	}
}
