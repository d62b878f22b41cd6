package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"isolab/schema/testenv"
	"isolab/schema/unit"
)

// The test binary is also the process that is looked at.
const childMode = "PROC_TEST_CHILD"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		os.Exit(child(mode))
	}
	os.Exit(m.Run())
}

func child(mode string) int {
	signal.Ignore(syscall.SIGTERM)
	fmt.Println("ready")
	switch mode {
	case "sleep":
		time.Sleep(time.Hour)
	case "leader ends": // the first thread ends, the others go on
		go func() { time.Sleep(time.Hour) }()
		runtime.LockOSThread()
		if syscall.Gettid() != os.Getpid() {
			return 9
		}
		_, _, _ = syscall.RawSyscall(syscall.SYS_EXIT, 0, 0, 0)
	case "burn":
		for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		}
	}
	return 0
}

func init() {
	if os.Getenv(childMode) == "leader ends" {
		runtime.LockOSThread() // main stays on the first thread
	}
}

func live(t testing.TB) *FS {
	t.Helper()
	testenv.Need(t, testenv.Linux)
	f, err := Open("/")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// start runs the test binary again; it is killed and collected after the test.
func start(t testing.TB, mode string, attr *syscall.SysProcAttr) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", "an argument")
	cmd.Env = append(os.Environ(), childMode+"="+mode, "ISOLAB_PROC_TEST="+t.Name())
	cmd.SysProcAttr = attr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	_, _ = out.Read(make([]byte, 16))
	return cmd
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// until waits for a state that the kernel reaches by itself.
func until(t testing.TB, f *FS, pid int, state string) Process {
	t.Helper()
	ctx := within(t, 10*time.Second)
	for {
		p, err := f.Process(pid)
		if err != nil {
			t.Fatal(err)
		}
		if p.State == state {
			return p
		}
		if ctx.Err() != nil {
			t.Fatalf("process %d is %s, never %s", pid, p.State, state)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestOwnProcess(t *testing.T) {
	f := live(t)
	p, err := f.Process(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	executable, _ := os.Executable()
	if p.PPID != os.Getppid() || p.UID != os.Geteuid() || p.GID != os.Getegid() || p.CommandLine[0] != os.Args[0] || !strings.HasPrefix(filepath.Base(executable), p.Command) {
		t.Errorf("%+v", p)
	}
	if p.RSS == 0 || p.VMSize < p.RSS || p.Threads < 2 || p.PIDs[0] != os.Getpid() || p.Namespaces.PID == 0 || p.Limits.OpenFiles.Soft == 0 || p.CPUsAllowedCount == 0 {
		t.Errorf("%+v", p)
	}
	if age := time.Since(p.StartTime); age < -2*time.Second || age > time.Hour {
		t.Errorf("started %v ago", age)
	}
	checkOrigins(t, &p)
	for field, path := range p.Origins() {
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("%s is said to come from %s: %v", field, path, err)
		}
	}
}

func TestStatesOfAChild(t *testing.T) {
	f := live(t)
	cmd := start(t, "sleep", nil)
	id, err := f.Identity(cmd.Process.Pid)
	if err != nil || !f.Alive(id) || !id.Alive() {
		t.Fatal(id, err)
	}
	if p := until(t, f, id.PID, "S"); p.StateName != "sleeping" || !slices.Contains(p.CommandLine, "an argument") {
		t.Errorf("%+v", p)
	}
	if err := f.Signal(id, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if p := until(t, f, id.PID, "T"); p.StateName != "stopped" {
		t.Errorf("%+v", p)
	}
	if err := f.Signal(id, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	short := within(t, 30*time.Millisecond)
	if err := f.WaitExit(short, id); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("wait for a stopped process: %v", err)
	}
	if err := f.Signal(id, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := f.WaitExit(within(t, 10*time.Second), id); err != nil {
		t.Fatal(err)
	}
	if p := until(t, f, id.PID, "Z"); p.StateName != "zombie" || p.RSS != 0 {
		t.Errorf("%+v", p)
	}
	if f.Alive(id) {
		t.Error("a zombie is alive")
	}
	if err := f.Signal(id, syscall.SIGKILL); !errors.Is(err, ErrGone) {
		t.Errorf("signal to a zombie: %v", err)
	}
	_ = cmd.Wait()
	if _, err := f.Process(id.PID); !errors.Is(err, ErrGone) {
		t.Errorf("collected: %v", err)
	}
	if err := f.WaitExit(within(t, time.Second), id); err != nil {
		t.Errorf("wait for one that is gone: %v", err)
	}
}

func TestSignalNeverHitsAnotherProcess(t *testing.T) {
	f := live(t)
	cmd := start(t, "sleep", nil)
	id, err := f.Identity(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	for what, other := range map[string]Identity{"an earlier one of this id": {id.PID, id.StartTime - 1, id.BootID}, "one of another boot": {id.PID, id.StartTime, "x"}} {
		if err := f.Signal(other, syscall.SIGKILL); !errors.Is(err, ErrGone) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if !f.Alive(id) {
		t.Error("the process that has the id now was hit")
	}
}

func TestAProcessWhoseFirstThreadEndedIsAlive(t *testing.T) {
	f := live(t)
	cmd := start(t, "leader ends", nil)
	p := until(t, f, cmd.Process.Pid, "Z")
	id, err := f.Identity(p.PID)
	if err != nil || !f.Alive(id) || p.Threads < 2 {
		t.Errorf("threads %d, %v", p.Threads, err)
	}
	if err := f.Signal(id, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
}

func TestNamespacesAndIdsInside(t *testing.T) {
	f := live(t)
	testenv.Need(t, testenv.Root)
	cmd := start(t, "sleep", &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWNS | syscall.CLONE_NEWIPC})
	p, err := f.Process(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	self, err := f.Process(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.PIDs, []int{cmd.Process.Pid, 1}) {
		t.Errorf("ids %v", p.PIDs)
	}
	n, own := p.Namespaces, self.Namespaces
	if n.PID == own.PID || n.UTS == own.UTS || n.Mount == own.Mount || n.IPC == own.IPC || n.Net != own.Net || n.User != own.User {
		t.Errorf("child %+v, test %+v", n, own)
	}
	inside, err := f.InNamespaceOf(p.PID, "pid")
	if err != nil || len(inside) != 1 || inside[0].PID != p.PID {
		t.Errorf("in its pid namespace: %+v %v", inside, err)
	}
}

func TestUserNamespaceMapping(t *testing.T) {
	f := live(t)
	testenv.Need(t, testenv.Root)
	cmd := start(t, "sleep", &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 100000, Size: 10}}, GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 200000, Size: 5}}})
	p, err := f.Process(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.UIDMap, []IDMap{{0, 100000, 10}}) || !slices.Equal(p.GIDMap, []IDMap{{0, 200000, 5}}) {
		t.Errorf("maps %v %v", p.UIDMap, p.GIDMap)
	}
}

func TestOwnChildrenAndTheirEnvironment(t *testing.T) {
	f := live(t)
	cmd := start(t, "sleep", nil)
	children, err := f.Children(os.Getpid())
	if err != nil || !slices.ContainsFunc(children, func(s Summary) bool { return s.PID == cmd.Process.Pid && s.User != "" && s.RSS > 0 }) {
		t.Errorf("%+v %v", children, err)
	}
	tree, err := f.Tree(os.Getpid())
	if err != nil || tree.PID != os.Getpid() || len(tree.Children) == 0 {
		t.Errorf("%+v %v", tree, err)
	}
	if !f.HasEnv(cmd.Process.Pid, "ISOLAB_PROC_TEST", t.Name()) || f.HasEnv(cmd.Process.Pid, "ISOLAB_PROC_TEST", "other") || f.HasEnv(1<<30, "A", "b") {
		t.Error("environment")
	}
	found, err := f.WithEnv("ISOLAB_PROC_TEST", t.Name())
	if err != nil || len(found) != 1 || found[0].PID != cmd.Process.Pid {
		t.Errorf("by environment: %+v %v", found, err)
	}
}

func TestThisMachine(t *testing.T) {
	f := live(t)
	memory, err := f.Memory()
	if err != nil || memory.Total < 64*unit.MiB || memory.Used <= 0 || memory.Available > memory.Total {
		t.Errorf("%+v %v", memory, err)
	}
	before, err := f.CPU()
	if err != nil || before.OnlineCount < 1 || int64(len(before.PerCPU)) != before.OnlineCount {
		t.Fatalf("%+v %v", before, err)
	}
	start(t, "burn", nil)
	ctx := within(t, 10*time.Second)
	for usage := (CPUUsage{}); usage.Busy == 0; {
		after, err := f.CPU()
		if err != nil || ctx.Err() != nil {
			t.Fatal("never busy", err)
		}
		usage = UsageBetween(before, after)
		if usage.Busy > 1 || usage.CPUs > unit.CPUs(before.OnlineCount) {
			t.Fatalf("%+v", usage)
		}
		time.Sleep(5 * time.Millisecond)
	}
	info, err := f.Info()
	var uts syscall.Utsname
	_ = syscall.Uname(&uts)
	if err != nil || info.PageSize != unit.Size(os.Getpagesize()) || info.BootID == "" || info.Hostname == "" || info.Kernel == "" || time.Since(info.BootTime) < 0 {
		t.Errorf("%+v %v", info, err)
	}
	mounts, err := f.Mounts(os.Getpid())
	if err != nil || !slices.ContainsFunc(mounts, func(m Mount) bool { return m.Mountpoint == "/proc" && m.Type == "proc" }) {
		t.Errorf("%d mounts, %v", len(mounts), err)
	}
	for what, err := range map[string]error{"load": second(f.LoadAvg()), "disks": second(f.Disks()), "swaps": second(f.Swaps()), "file systems": second(f.Filesystems()), "modules": second(f.Modules())} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := f.Pressure(); err != nil && !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
}

func BenchmarkProcess(b *testing.B) {
	f := live(b)
	for b.Loop() {
		if _, err := f.Process(os.Getpid()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkProcesses(b *testing.B) {
	f := live(b)
	for b.Loop() {
		if _, err := f.Processes(); err != nil {
			b.Fatal(err)
		}
	}
}
