package proc

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"isolab/schema/unit"
)

// fixture unpacks testdata/host.txtar.
func fixture(t *testing.T) *FS {
	t.Helper()
	root := t.TempDir()
	archive, err := txtar.ParseFile("testdata/host.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range archive.Files {
		write(t, filepath.Join(root, file.Name), file.Data)
	}
	write(t, filepath.Join(root, "proc/4242/cmdline"), []byte("sleep\x00\x00an hour\x00"))
	write(t, filepath.Join(root, "proc/4242/environ"), []byte("A=1\x00RUN=abc\x00"))
	links, _ := os.ReadFile(filepath.Join(root, "links"))
	for line := range strings.Lines(string(links)) {
		words := strings.Fields(line)
		link := filepath.Join(root, words[0])
		if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o755), os.Symlink(words[1], link)); err != nil {
			t.Fatal(err)
		}
	}
	opened, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
		t.Fatal(err)
	}
}

func TestProcessInAContainer(t *testing.T) {
	f := fixture(t)
	p, err := f.Process(4242)
	if err != nil {
		t.Fatal(err)
	}
	docker := CapabilitySet{Hex: "00000000a80425fb", Count: 14, Names: []string{"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
		"CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SYS_CHROOT", "CAP_MKNOD", "CAP_AUDIT_WRITE", "CAP_SETFCAP"}}
	unlimited := Resource{math.MaxInt64, math.MaxInt64}
	want := Process{
		PID: 4242, PPID: 4200, StartTime: time.Unix(1700000000, 0).Add(1234560 * time.Millisecond), StartTicks: 123456,
		UID: 33, GID: 34, User: "www-data", Command: "sle ep) x", CommandLine: []string{"sleep", "", "an hour"}, State: "S", StateName: "sleeping",
		Threads: 3, RSS: 256 * unit.Size(os.Getpagesize()), VMSize: 1204 * unit.KiB, Swap: 8 * unit.KiB, CPUTime: 2 * time.Second,
		OOMScore: 666, OOMScoreAdj: -500,
		Capabilities: Capabilities{Effective: docker, Permitted: docker, Bounding: docker,
			Inheritable: CapabilitySet{Hex: "0000000000000000", Names: []string{}},
			Ambient:     CapabilitySet{Hex: "8000000000000000", Names: []string{"CAP_63"}, Count: 1}},
		Signals: Signals{Caught: []string{"SIGINT", "SIGTERM", "SIG34"}, Ignored: []string{"SIGHUP", "SIGPIPE"}, Blocked: []string{"SIGCHLD"}},
		Seccomp: 2, SeccompMode: "filter", NoNewPrivs: true, PIDs: []int{4242, 17, 1},
		Namespaces: Namespaces{PID: 4026532621, Mount: 4026532619, UTS: 4026532620, IPC: 4026532622, Net: 4026532624, User: 4026531837, Cgroup: 4026532623},
		Cgroups:    map[string]string{"cpu": "/docker/abc", "cpuacct": "/docker/abc", "name=systemd": "/docker/abc", "unified": "/system.slice/docker.service"},
		UIDMap:     []IDMap{{0, 100000, 65536}}, GIDMap: []IDMap{{0, 0, 4294967295}},
		CPUsAllowed: "0-2,4", CPUsAllowedCount: 4,
		Limits: Resources{CPU: unlimited, Stack: Resource{8388608, math.MaxInt64},
			Processes: Resource{63432, 63433}, OpenFiles: Resource{64, 128}},
		VoluntarySwitches: 12, NonvoluntarySwitches: 3,
	}
	got := p
	got.Missing, got.origins = nil, nil
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Process{})); diff != "" {
		t.Errorf("process (-want +got):\n%s", diff)
	}
	if len(p.Missing) != 1 || p.Missing["namespaces.time"] == "" {
		t.Errorf("missing %v", p.Missing)
	}
	checkOrigins(t, &p)
	if origin := p.Origins()["capabilities.effective.hex"]; origin != f.of(4242, "status") {
		t.Errorf("capabilities come from %q", origin)
	}
}

func TestZombieHasNoMemory(t *testing.T) {
	p, err := fixture(t).Process(4300)
	if err != nil || p.StateName != "zombie" || p.Swap != 0 || p.Missing["swap"] == "" || len(p.CommandLine) != 0 {
		t.Errorf("%+v %v", p, err)
	}
	checkOrigins(t, &p)
}

func TestLists(t *testing.T) {
	f := fixture(t)
	ids := func(list []Summary, err error) []int {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var ids []int
		for _, s := range list {
			ids = append(ids, s.PID)
		}
		return ids
	}
	for what, c := range map[string]struct{ got, want []int }{
		"all":                  {ids(f.Processes()), []int{1, 4242, 4300}},
		"given":                {ids(f.Summaries([]int{4300, 77, 1})), []int{4300, 1}},
		"children":             {ids(f.Children(4242)), []int{4300}},
		"descendants":          {ids(f.Descendants(4200)), []int{4242, 4300}},
		"pid namespace":        {ids(f.InNamespaceOf(4242, "pid")), []int{4242, 4300}},
		"cgroup and below":     {ids(f.InCgroup("/docker/abc")), []int{4242, 4300}},
		"cgroup, another name": {ids(f.InCgroup("/docker/ab")), nil},
		"environment":          {ids(f.WithEnv("RUN", "abc")), []int{4242}},
		"no such environment":  {ids(f.WithEnv("RUN", "ab")), nil},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", what, c.got, c.want)
		}
	}
	tree, err := f.Tree(4242)
	if err != nil || len(tree.Children) != 1 || tree.Children[0].PID != 4300 {
		t.Errorf("tree %+v %v", tree, err)
	}
	for what, err := range map[string]error{
		"process": second(f.Process(77)), "tree": second(f.Tree(77)), "identity": second(f.Identity(77)),
		"namespace": second(f.InNamespaceOf(77, "pid")), "mounts": second(f.Mounts(77)), "process 0": second(f.Process(0)),
	} {
		if !errors.Is(err, ErrGone) || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s that is not there: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestIdentityTellsProcessesApart(t *testing.T) {
	f := fixture(t)
	id, err := f.Identity(4242)
	want := Identity{PID: 4242, StartTime: 123456, BootID: "11111111-2222-3333-4444-555555555555"}
	if err != nil || id != want || !f.Alive(id) {
		t.Errorf("%+v %v", id, err)
	}
	for what, other := range map[string]Identity{
		"started later": {4242, 123457, want.BootID}, "after a restart": {4242, 123456, "other"}, "no such id": {77, 123456, want.BootID}} {
		if f.Alive(other) {
			t.Errorf("%s: alive", what)
		}
	}
	zombie, err := f.Identity(4300)
	if err != nil || f.Alive(zombie) {
		t.Errorf("a zombie is alive: %v", err)
	}
	if err := f.Signal(id, 0); !errors.Is(err, ErrUnsupported) {
		t.Errorf("signal in a copied tree: %v", err)
	}
}

func TestHostFigures(t *testing.T) {
	f := fixture(t)
	m, err := f.Memory()
	if err != nil || m.Total != 24683956*unit.KiB || m.Available != 20000000*unit.KiB || m.Used != 4683956*unit.KiB || m.SwapTotal-m.SwapFree != 1000000*unit.KiB ||
		m.Cached != 5000000*unit.KiB || m.Buffers != 1000*unit.KiB || m.Committed != 3000000*unit.KiB || m.Origins()["total"] != f.path("proc/meminfo") {
		t.Errorf("memory %+v %v", m, err)
	}
	c, err := f.CPU()
	if err != nil || c.Total.User != time.Second || c.Total.Steal != 100*time.Millisecond || len(c.PerCPU) != 2 || c.PerCPU[1].Times.User != 400*time.Millisecond || c.OnlineCount != 2 {
		t.Errorf("cpu %+v %v", c, err)
	}
	load, err := f.LoadAvg()
	if err != nil || load != (Load{0.5, 1.25, 2}) {
		t.Errorf("load %+v %v", load, err)
	}
	p, err := f.Pressure()
	if err != nil || p.CPU.SomeAvg10 != 0.015 || p.CPU.SomeTotal != 2500*time.Microsecond || p.Memory.FullAvg10 != 0.0025 {
		t.Errorf("pressure %+v %v", p, err)
	}
	if err := os.RemoveAll(f.path("proc/pressure")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Pressure(); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "psi=1") {
		t.Errorf("without /proc/pressure: %v", err)
	}
	disks, err := f.Disks()
	if want := []Disk{{"vda", 54880 + 28034, 101594 * time.Millisecond}, {"loop0", 0, 0}}; err != nil || !slices.Equal(disks, want) {
		t.Errorf("disks %+v %v", disks, err)
	}
	later := []Disk{{"vda", 54880 + 28034 + 100, 101594*time.Millisecond + 4*time.Second}, {"loop0", 5, 0}, {"new", 9, time.Hour}}
	if use := BusiestDisk(disks, later, 2*time.Second); use != (DiskUse{"vda", 2, 40 * time.Millisecond}) {
		t.Errorf("busiest %+v", use)
	}
	if use := BusiestDisk(disks, disks, time.Second); use != (DiskUse{}) {
		t.Errorf("nothing was done: %+v", use)
	}
	info, err := f.Info()
	if err != nil || info.Hostname != "classroom-7" || info.System != "Debian GNU/Linux 12 (bookworm)" || info.Kernel != "6.1.0-13-amd64" || info.CPUs != 2 ||
		info.Memory != m.Total || info.BootTime.Unix() != 1700000000 {
		t.Errorf("info %+v %v", info, err)
	}
	swaps, err := f.Swaps()
	if err != nil || !slices.Equal(swaps, []Swap{{"/swap file", "file", 2097148 * unit.KiB, 1000000 * unit.KiB, -2}}) {
		t.Errorf("swaps %+v %v", swaps, err)
	}
	types, err := f.Filesystems()
	if err != nil || !slices.Equal(types, []string{"sysfs", "ext4", "overlay"}) {
		t.Errorf("file systems %v %v", types, err)
	}
	modules, err := f.Modules()
	if err != nil || !slices.Equal(modules, []string{"overlay", "xfs"}) {
		t.Errorf("modules %v %v", modules, err)
	}
	mounts, err := f.Mounts(4242)
	if err != nil || len(mounts) != 2 || mounts[0].Type != "overlay" || mounts[1].Mountpoint != "/with space" || mounts[1].Device != "0:27" {
		t.Errorf("mounts %+v %v", mounts, err)
	}
}
