package cgroup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"isolab/schema/testenv"
	"isolab/schema/unit"
)

func TestCreateMakesTheGroupInEveryHierarchyThatIsWanted(t *testing.T) {
	host := live(t)
	group := create(t, host, Options{})
	for _, controller := range Usual() {
		mount, version := host.Hierarchy(controller)
		if mount != "" && group.Path(controller) != filepath.Join(mount, group.Name()) {
			t.Errorf("%s (%s): path %q, mounted at %q", controller, version, group.Path(controller), mount)
		}
	}
	if host.Unified() != "" && group.Dir() == "" {
		t.Error("not in the v2 tree")
	}
	if mount, version := host.Hierarchy("cpuset"); version == V1 {
		want := readText(filepath.Join(mount, "cpuset.cpus"))
		if got, err := group.ReadFile("cpuset.cpus"); err != nil || got.Text != want {
			t.Errorf("cpuset.cpus = %q, %v; the group above has %q", got.Text, err, want)
		}
	}
	var own []string
	for _, m := range group.own() {
		if isDir(m.dir) {
			own = append(own, m.dir)
		}
	}
	slices.Sort(own)
	if matched, _ := filepath.Glob(group.Pattern()); !slices.Equal(matched, own) {
		t.Errorf("%s matches %q, not %q", group.Pattern(), matched, own)
	}
	if _, err := host.Create(group.Name(), Options{}); err != nil {
		t.Errorf("create again: %v", err)
	}
}

func TestCreateTakesBackWhatItMadeWhenItFails(t *testing.T) {
	host := live(t)
	broken := *host
	broken.hierarchies = append(slices.Clone(host.hierarchies), &hierarchy{version: V1, mount: "/proc/nothing", mountRoot: "/", controllers: []string{"devices"}})
	broken.byController = map[string]*hierarchy{"devices": broken.hierarchies[len(broken.hierarchies)-1], "pids": host.hierarchyOf("pids")}
	name := "isolab-test-broken/inner"
	if _, err := broken.Create(name, Options{Controllers: []string{"pids", "devices"}}); err == nil {
		t.Fatal("created below /proc")
	}
	if names, err := host.Names("isolab-test-broken"); err != nil || len(names) > 0 {
		t.Errorf("left behind: %v %v", names, err)
	}
}

func TestCreateRefusesAControllerThatIsMissing(t *testing.T) {
	host := live(t)
	_, err := host.Create("isolab-test-missing", Options{Controllers: []string{"memory", "telepathy"}})
	if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "telepathy") {
		t.Errorf("err = %v", err)
	}
	if names, _ := host.Names("isolab-test-missing"); len(names) > 0 {
		t.Errorf("left behind: %v", names)
	}
}

func TestOwnerGetsTheDirectoryAndItsFiles(t *testing.T) {
	host := live(t)
	group := create(t, host, Options{Controllers: []string{"memory"}, Owner: &Owner{UID: 1, GID: 1}})
	entries, err := group.Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.UID != 1 || entry.GID != 1 || entry.User != "daemon" {
			t.Errorf("%+v", entry)
		}
	}
	if !slices.ContainsFunc(entries, func(e Entry) bool { return e.Name == "." && e.Mode == "drwxr-xr-x" }) {
		t.Errorf("no entry for the directory in %d entries", len(entries))
	}
}

func TestLimitsAreReadBackFromTheKernel(t *testing.T) {
	host := live(t)
	group := create(t, host, Options{})
	err := group.Set(Limits{Memory: 64 * unit.MiB, MemoryReservation: 32 * unit.MiB, CPUs: 0.5, CPUShares: 512, CpusetCpus: "0", Pids: 20})
	if err != nil {
		t.Fatal(err)
	}
	r, err := group.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Memory.Limit != 64*unit.MiB || r.Memory.Reservation != 32*unit.MiB {
		t.Errorf("memory = %+v", r.Memory)
	}
	if r.CPU.Quota != 50*time.Millisecond || r.CPU.Period != 100*time.Millisecond || r.CPU.Limit != 0.5 {
		t.Errorf("cpu = %+v", r.CPU)
	}
	if r.CPU.Cpuset != "0" || r.CPU.CpusetEffective != "0" || r.CPU.CpusetCount != 1 {
		t.Errorf("cpuset = %+v", r.CPU)
	}
	if _, version := host.Hierarchy("cpu"); version == V1 && r.CPU.Shares != 512 || version == V2 && r.CPU.Weight != SharesToWeight(512) {
		t.Errorf("share = %+v", r.CPU)
	}
	if r.Pids.Limit != 20 {
		t.Errorf("pids = %+v", r.Pids)
	}
	if err := group.Set(Limits{Memory: unit.Unlimited, CPUQuota: -1, Pids: NoLimit}); err != nil {
		t.Fatal(err)
	}
	if r, err = group.Read(t.Context()); err != nil || r.Memory.Limit != unit.Unlimited || r.CPU.Limit != unit.UnlimitedCPUs || r.Pids.Limit != NoLimit {
		t.Errorf("limits taken away: %+v %+v %+v %v", r.Memory, r.CPU, r.Pids, err)
	}
}

// TestEveryNumberHasAnOriginThatIsThere covers the promise that a number names
// its file, and that what has none is missing with a reason.
func TestEveryNumberHasAnOriginThatIsThere(t *testing.T) {
	host := live(t)
	r, err := create(t, host, Options{}).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for field, path := range r.Origins() {
		if !isFile(path) {
			t.Errorf("%s is said to come from %s, which is not there", field, path)
		}
	}
	checkOrigins(t, &r)
}

// Every group's CPU time is counted and every group can be frozen, as on v2.
func TestEveryGroupHasItsCPUTimeAndFreezer(t *testing.T) {
	host := live(t)
	group := create(t, host, Options{Controllers: []string{"pids"}})
	r, err := group.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if reason := r.Missing["cpu.usage"]; reason != "" {
		t.Error(reason)
	}
	if err := group.Freeze(t.Context()); err != nil {
		t.Error(err)
	}
	if err := group.Thaw(t.Context()); err != nil {
		t.Error(err)
	}
	_, version := host.Hierarchy("memory")
	if reason := r.Missing["memory.usage"]; version == V1 && !strings.HasPrefix(reason, "the group was made without the controller memory") {
		t.Errorf("memory is missing because %q", reason)
	}
}

func TestSwapKeepsItsMeaningWhenMemoryChanges(t *testing.T) {
	host := live(t)
	if err := host.Supports(FeatureSwap); err != nil {
		t.Skip(err)
	}
	host.root = fakeSwap(t)
	group := create(t, host, Options{Controllers: []string{"memory"}})
	swap := 16 * unit.MiB
	steps := []struct {
		name        string
		limits      Limits
		memory, out unit.Size
	}{
		{"first", Limits{Memory: 64 * unit.MiB, Swap: &swap}, 64 * unit.MiB, 16 * unit.MiB},
		{"raised above memory+swap", Limits{Memory: 256 * unit.MiB}, 256 * unit.MiB, 16 * unit.MiB},
		{"lowered", Limits{Memory: 32 * unit.MiB}, 32 * unit.MiB, 16 * unit.MiB},
		{"both raised", Limits{Memory: 512 * unit.MiB, Swap: size(64 * unit.MiB)}, 512 * unit.MiB, 64 * unit.MiB},
		{"no swap", Limits{Swap: size(0)}, 512 * unit.MiB, 0},
		{"no limits", Limits{Memory: unit.Unlimited, Swap: size(unit.Unlimited)}, unit.Unlimited, unit.Unlimited},
	}
	for _, step := range steps {
		if err := group.Set(step.limits); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		r, err := group.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r.Memory.Limit != step.memory || r.Memory.SwapLimit != step.out {
			t.Errorf("%s: memory %v, swap %v; want %v, %v", step.name, r.Memory.Limit, r.Memory.SwapLimit, step.memory, step.out)
		}
	}
	if _, version := host.Hierarchy("memory"); version == V1 {
		if err := group.Set(Limits{Swap: &swap}); !errors.Is(err, ErrUnsupported) {
			t.Errorf("bound on swap alone with unbounded memory: %v", err)
		}
	}
}

func size(s unit.Size) *unit.Size { return &s }

// fakeSwap is a root whose /proc/swaps lists a swap area, so that swap limits are
// written although this machine may have none.
func fakeSwap(t *testing.T) string {
	root := t.TempDir()
	write(t, filepath.Join(root, "proc/swaps"), "Filename\tType\tSize\tUsed\tPriority\n/swapfile\tfile\t1024\t0\t-2\n")
	return root
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWhatTheKernelCannotCarryIsRefusedBeforeAnyWrite(t *testing.T) {
	host := live(t)
	group := create(t, host, Options{})
	_, version := host.Hierarchy("memory")
	yes, fifty := true, 50
	limits := Limits{Pids: 7, OOMKillDisable: &yes, Swappiness: &fifty}
	if version == V1 {
		limits = Limits{Pids: 7, MemoryHigh: unit.MiB, OOMGroup: &yes}
	}
	err := group.Set(limits)
	if !errors.Is(err, ErrUnsupported) || strings.Count(err.Error(), "cgroup v") < 2 {
		t.Errorf("err = %v", err)
	}
	var why *UnsupportedError
	if !errors.As(err, &why) || why.Reason == "" || why.Help == "" {
		t.Errorf("reason %+v", why)
	}
	if r, err := group.Read(t.Context()); err != nil || r.Pids.Limit != NoLimit {
		t.Errorf("pids limit was written: %d %v", r.Pids.Limit, err)
	}
}

func TestV1OnlySettings(t *testing.T) {
	host := live(t)
	testenv.Need(t, testenv.Cgroup1)
	if _, version := host.Hierarchy("memory"); version != V1 {
		t.Skip("the memory controller is on v2")
	}
	group := create(t, host, Options{})
	yes, fifty := true, 50
	if err := group.Set(Limits{Memory: 64 * unit.MiB, OOMKillDisable: &yes, Swappiness: &fifty, CPUWeight: 200}); err != nil {
		t.Fatal(err)
	}
	r, err := group.Read(t.Context())
	if err != nil || !r.Memory.OOMKillDisabled || r.Memory.Swappiness != 50 || r.CPU.Shares != 2048 || r.CPU.Weight != 200 {
		t.Errorf("%+v %+v %v", r.Memory, r.CPU, err)
	}
}

func TestWriteFileRefuses(t *testing.T) {
	host := live(t)
	group := create(t, host, Options{})
	for _, name := range []string{"release_agent", "../memory.limit_in_bytes", "a/b", "", ".."} {
		if err := group.WriteFile(name, "1"); err == nil {
			t.Errorf("%q accepted", name)
		}
	}
	if err := group.WriteFile("memory.telepathy", "1"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such file: %v", err)
	}
	root, err := host.Group("/")
	if err != nil {
		t.Fatal(err)
	}
	ctx := within(t, time.Second)
	for what, err := range map[string]error{"set": root.Set(Limits{Pids: 5}), "write": root.WriteFile("pids.max", "5"),
		"kill": root.Kill(ctx), "freeze": root.Freeze(ctx), "thaw": root.Thaw(ctx), "remove": root.Remove(ctx)} {
		if !errors.Is(err, ErrRoot) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := host.Create("/", Options{}); !errors.Is(err, ErrRoot) {
		t.Errorf("create: %v", err)
	}
}

func TestReadFileSaysWhereItReadFrom(t *testing.T) {
	host := live(t)
	group := create(t, host, Options{})
	file, err := group.ReadFile("cgroup.procs")
	if err != nil || filepath.Dir(file.Path) != group.Dir() && group.Dir() != "" {
		t.Errorf("%+v %v", file, err)
	}
	if err := group.WriteFile("pids.max", "33"); err != nil {
		t.Fatal(err)
	}
	if file, err = group.ReadFile("pids.max"); err != nil || file.Value != 33 || file.Text != "33" || file.Path != filepath.Join(group.Path("pids"), "pids.max") {
		t.Errorf("%+v %v", file, err)
	}
}

func TestReadOfAGroupThatIsNotThere(t *testing.T) {
	host := live(t)
	group, err := host.Group("isolab-test-nowhere/at-all")
	if err != nil {
		t.Fatal(err)
	}
	ctx := within(t, 5*time.Second)
	if _, err := group.Read(ctx); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("read: %v", err)
	}
	if _, err := group.Counters(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("counters: %v", err)
	}
	if err := group.Attach(os.Getpid()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("attach: %v", err)
	}
	if err := group.Set(Limits{Pids: 5}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("set: %v", err)
	}
	for what, err := range map[string]error{"kill": group.Kill(ctx), "remove": group.Remove(ctx), "thaw": group.Thaw(ctx), "wait": group.WaitEmpty(ctx)} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := group.Read(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// The group above those of all runs goes with the last of them, in every hierarchy.
func TestRemoveIfEmptyLeavesNeighboursAlone(t *testing.T) {
	host := live(t)
	above := fmt.Sprintf("isolab-test-above-%d", os.Getpid())
	for _, name := range []string{"/one", "/two"} {
		if _, err := host.Create(above+name, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	for i, name := range []string{"/one", "/two"} {
		group, err := host.Group(above + name)
		if err == nil {
			err = group.Remove(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		host.RemoveIfEmpty(above)
		parent, err := host.Group(above)
		if last := i == 1; err != nil || parent.Exists() == last {
			t.Errorf("after %s: the group above exists: %v, %v", name, parent.Exists(), err)
		}
	}
}

// Runs come and go at the same time; whoever takes the group above away does not hurt
// the one that is about to make its own below it.
func TestCreateWhileNeighboursRemove(t *testing.T) {
	host := live(t)
	above := fmt.Sprintf("isolab-test-busy-%d", os.Getpid())
	defer host.RemoveIfEmpty(above)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for range 40 {
				group, err := host.Create(fmt.Sprintf("%s/run-%d", above, i), Options{})
				if err == nil {
					err = group.Remove(t.Context())
				}
				if err != nil {
					t.Error(err)
					return
				}
				host.RemoveIfEmpty(above)
			}
		})
	}
	all.Wait()
}
