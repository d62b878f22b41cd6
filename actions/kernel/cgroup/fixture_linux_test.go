package cgroup

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"isolab/schema/unit"
)

const containerID = "ffffffffffff0123456789abcdef0123456789abcdef0123456789abcdef0123"

// fixture unpacks testdata/<name>.txtar; other files are laid over it.
func fixture(t *testing.T, name string, over map[string]string) *Host {
	t.Helper()
	root := t.TempDir()
	archive, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range archive.Files {
		write(t, filepath.Join(root, file.Name), string(file.Data))
	}
	for _, pid := range []string{"4242", "77"} {
		write(t, filepath.Join(root, "proc", pid, "stat"), pid+" (a) b) S 1 1 1 0 -1 4194560 0")
	}
	for path, text := range over {
		write(t, filepath.Join(root, path), text)
	}
	links, _ := os.ReadFile(filepath.Join(root, "links"))
	for line := range strings.Lines(string(links)) {
		words := strings.Fields(line)
		link := filepath.Join(root, words[0])
		if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o755), os.Symlink(words[1], link)); err != nil {
			t.Fatal(err)
		}
	}
	host, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return host
}

func readFixture(t *testing.T, name string) (*Host, Reading) {
	t.Helper()
	host := fixture(t, name, nil)
	group, err := host.OfPID(4242)
	if err != nil {
		t.Fatal(err)
	}
	r, err := group.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checkOrigins(t, &r)
	return host, r
}

func TestHostKnowsWhatIsMounted(t *testing.T) {
	for _, c := range []struct {
		name        string
		version     Version
		unified     string
		controllers []string
	}{
		{"v1", V1, "", []string{"cpu", "cpuacct", "cpuset", "freezer", "io", "memory", "pids"}},
		{"v2", V2, "sys/fs/cgroup", []string{"cpu", "cpuset", "hugetlb", "io", "memory", "misc", "pids", "rdma"}},
		{"hybrid", Hybrid, "sys/fs/cgroup/unified", []string{"cpu", "cpuacct", "cpuset", "freezer", "io", "memory", "pids"}},
	} {
		host := fixture(t, c.name, nil)
		unified := strings.TrimPrefix(host.Unified(), host.root+"/")
		if host.Version() != c.version || unified != c.unified || !slices.Equal(host.Controllers(), c.controllers) {
			t.Errorf("%s: version %s, unified %q, controllers %v", c.name, host.Version(), unified, host.Controllers())
		}
	}
}

// wantCommon is what the v1 and the v2 fixture both say, in the one vocabulary.
func wantCommon() Reading {
	return Reading{
		Memory: Memory{Limit: 150 * unit.MiB, Usage: 108736512, Peak: 109117440, SwapLimit: 150 * unit.MiB, SwapUsage: unit.MiB,
			Anon: 108167168, RSS: 108167168, File: 4096, Kernel: 569344, Shmem: 8192, Failures: 12, OOMKills: 3,
			UsedRatio: unit.Ratio(float64(108736512) / float64(157286400))},
		CPU: CPU{Usage: 2 * time.Second, User: 1500 * time.Millisecond, System: 500 * time.Millisecond, Quota: 50 * time.Millisecond,
			Period: 100 * time.Millisecond, Limit: 0.5, ThrottledPeriods: 38, Periods: 40, ThrottledTime: 1900 * time.Millisecond,
			CpusetEffective: "0-1", CpusetCount: 2},
		Pids: Pids{Current: 3, Failures: 5},
		IO: IO{ReadBytes: 4608, WriteBytes: unit.MiB, ReadOps: 2, WriteOps: 16, Devices: []DeviceIO{
			{Device: "8:0", Name: "sda", ReadBytes: 4096, WriteBytes: unit.MiB, ReadOps: 1, WriteOps: 16,
				ReadBPSLimit: unit.UnlimitedRate, WriteBPSLimit: unit.Rate(unit.MiB), ReadIOPSLimit: 100, WriteIOPSLimit: NoLimit},
			{Device: "253:1", Name: "dm-1", ReadBytes: 512, ReadOps: 1,
				ReadBPSLimit: unit.UnlimitedRate, WriteBPSLimit: unit.UnlimitedRate, ReadIOPSLimit: NoLimit, WriteIOPSLimit: NoLimit},
		}},
		Populated: true,
		Processes: []int{4242, 4243},
	}
}

func sameReading(t *testing.T, got, want Reading) {
	t.Helper()
	got.Missing, got.origins = nil, nil
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Reading{})); diff != "" {
		t.Errorf("reading (-want +got):\n%s", diff)
	}
}

func TestReadV1(t *testing.T) {
	host, r := readFixture(t, "v1")
	want := wantCommon()
	want.Version = V1
	want.Memory.Swappiness = 60
	want.CPU.Cpuset, want.CPU.Shares, want.CPU.Weight = "0-2,4", 512, 50
	want.Pids.Limit = math.MaxInt64
	sameReading(t, r, want)
	dir := filepath.Join(host.root, "sys/fs/cgroup/memory/docker", containerID)
	if r.Origins()["memory.limit"] != filepath.Join(dir, "memory.limit_in_bytes") {
		t.Errorf("memory.limit from %s", r.Origins()["memory.limit"])
	}
	for field, reason := range map[string]string{
		"memory.high": "cgroup v1 has no memory.high", "pids.peak": "Linux 6.1", "pressure.cpu.some_avg10": "psi=1"} {
		if !strings.Contains(r.Missing[field], reason) {
			t.Errorf("%s is missing because %q", field, r.Missing[field])
		}
	}
}

func TestReadV2(t *testing.T) {
	host, r := readFixture(t, "v2")
	want := wantCommon()
	want.Version = V2
	want.Memory.High, want.Memory.HighEvents = unit.Unlimited, 4
	want.Memory.OOM, want.Memory.OOMGroupKills = 3, 1
	want.CPU.Weight, want.CPU.Shares = 59, 604
	want.Pids.Limit, want.Pids.Peak = 20, 20
	stall := Stall{SomeAvg10: 0.015, FullAvg10: 0.0025, SomeTotal: 2500 * time.Microsecond, FullTotal: time.Millisecond}
	want.Pressure = Pressure{Available: true, CPU: stall, Memory: stall, IO: stall}
	sameReading(t, r, want)
	if want := filepath.Join(host.root, "sys/fs/cgroup/system.slice/docker-"+containerID+".scope/io.max"); r.Origins()["io.devices[0].write_bps_limit"] != want {
		t.Errorf("write limit from %s", r.Origins()["io.devices[0].write_bps_limit"])
	}
	for field, reason := range map[string]string{
		"memory.oom_kill_disabled": "cannot turn the OOM killer off", "memory.swap_peak": "Linux 6.5", "memory.swappiness": "/proc/sys/vm/swappiness"} {
		if !strings.Contains(r.Missing[field], reason) {
			t.Errorf("%s is missing because %q", field, r.Missing[field])
		}
	}
}

func TestReadHybrid(t *testing.T) {
	host, r := readFixture(t, "hybrid")
	want := wantCommon()
	want.Version = Hybrid
	want.Memory.Swappiness = 60
	want.CPU.Cpuset, want.CPU.Shares, want.CPU.Weight = "0-2,4", 512, 50
	want.Pids.Limit = math.MaxInt64
	sameReading(t, r, want) // the daemon's process 800 is not the container's
	if !strings.Contains(r.Missing["pressure.cpu.some_avg10"], "no directory of its own") {
		t.Errorf("pressure is missing because %q", r.Missing["pressure.cpu.some_avg10"])
	}
	group, err := host.OfPID(4242)
	if err != nil {
		t.Fatal(err)
	}
	if group.Name() != "docker/"+containerID || group.Dir() != "" || !strings.HasSuffix(group.Path("unified"), "docker.service") {
		t.Errorf("name %s, dir %q, unified %q", group.Name(), group.Dir(), group.Path("unified"))
	}
	if err := group.WriteFile("cgroup.kill", "1"); err == nil {
		t.Error("wrote into the group of the daemon")
	}
}

// A person who looks where PlacesOf says finds what a reading was made of. Kernels as
// old as those of the fixtures lack some of the files; a reading then has another one.
func TestPlacesAreTheOrigins(t *testing.T) {
	for _, name := range []string{"v1", "v2", "hybrid"} {
		host, reading := readFixture(t, name)
		group, err := host.OfPID(4242)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range fields(t, reflect.TypeOf(reading), "") {
			if places := PlacesOf(host.Version(), field); len(places) == 0 && reading.Missing[field] == "" &&
				!slices.Contains([]string{"version", "missing", "pressure.available"}, field) {
				t.Errorf("%s: no place for %s", name, field)
			}
		}
		for field, origin := range reading.Origins() {
			var files []string
			for _, place := range PlacesOf(host.Version(), field) {
				if path := filepath.Join(group.Path(place.Controller), place.File); isFile(path) {
					files = append(files, path)
				}
			}
			merged := field == "processes" || field == "populated" // of all hierarchies
			if len(files) > 0 && !merged && !slices.Contains(files, origin) {
				t.Errorf("%s: %s is from %s, and looked for in %q", name, field, origin, files)
			}
		}
	}
}

func TestCountersAgreeWithTheReading(t *testing.T) {
	for _, name := range []string{"v1", "v2", "hybrid"} {
		host, r := readFixture(t, name)
		group, err := host.OfPID(4242)
		if err != nil {
			t.Fatal(err)
		}
		c, err := group.Counters()
		want := Counters{CPUUsage: r.CPU.Usage, ThrottledPeriods: r.CPU.ThrottledPeriods, Periods: r.CPU.Periods, ThrottledTime: r.CPU.ThrottledTime,
			Memory: r.Memory.Usage, Pids: r.Pids.Current, ReadBytes: r.IO.ReadBytes, WriteBytes: r.IO.WriteBytes, ReadOps: r.IO.ReadOps, WriteOps: r.IO.WriteOps}
		if err != nil || c != want {
			t.Errorf("%s: %+v, want %+v: %v", name, c, want, err)
		}
	}
}

// A group that a daemon is removing is gone with the first of its hierarchies: what
// it has used does not go back to zero.
func TestSamplerOfAGroupThatIsBeingRemoved(t *testing.T) {
	host := fixture(t, "v1", nil)
	group, err := host.OfPID(4242)
	if err != nil {
		t.Fatal(err)
	}
	counters := group.Sampler()
	before, err := counters()
	if err != nil || before.CPUUsage == 0 {
		t.Fatal(before, err)
	}
	if err := os.RemoveAll(group.member("cpuacct").dir); err != nil {
		t.Fatal(err)
	}
	if after, err := counters(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%+v, %v", after, err)
	}
}

// A request to a logical volume is counted there, and once more at the disk below.
func TestStackedDevicesCountOnce(t *testing.T) {
	host := fixture(t, "v2", map[string]string{
		"sys/devices/virtual/block/dm-1/slaves/sda1/dev": "8:1\n",
		"sys/devices/pci0/block/sda/dev":                 "8:0\n",
		"sys/devices/pci0/block/sda/sda1/dev":            "8:1\n",
		"sys/devices/pci0/block/sda/sda1/partition":      "1\n",
	})
	group, err := host.OfPID(4242)
	if err != nil {
		t.Fatal(err)
	}
	r, err := group.Read(t.Context())
	if err != nil || r.IO.ReadBytes != 512 || r.IO.WriteBytes != 0 || r.IO.ReadOps != 1 || len(r.IO.Devices) != 2 {
		t.Errorf("%+v, %v", r.IO, err)
	}
	if c, err := group.Counters(); err != nil || c.ReadBytes != 512 || c.WriteBytes != 0 || c.ReadOps != 1 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestPathsInContainersAndNamespaces(t *testing.T) {
	const at = "31 25 0:26 %ROOT% /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
	for _, c := range []struct{ name, mountRoot, path, want string }{
		{"host", "/", "/a/b", "a/b"},
		{"the mount shows the container's own part", "/docker/x", "/docker/x/y", "y"},
		{"the process is at the top of that part", "/docker/x", "/docker/x", ""},
		{"a namespace whose mount shows the group above it", "/..", "/../sibling", "sibling"},
		{"the namespace's own group there, found by its process", "/..", "/", "self"},
		{"a part with a similar name, found by its process", "/docker/x", "/docker/xy", "self"},
	} {
		t.Run(c.name, func(t *testing.T) {
			host := fixture(t, "v2", map[string]string{
				"proc/self/mountinfo":             strings.ReplaceAll(at, "%ROOT%", c.mountRoot),
				"proc/77/cgroup":                  "0::" + c.path + "\n",
				"sys/fs/cgroup/self/cgroup.procs": "5\n77\n",
				"sys/fs/cgroup/cgroup.procs":      "1\n",
			})
			group, err := host.OfPID(77)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Trim(group.Name(), "/"); got != c.want {
				t.Errorf("name %q, want %q", got, c.want)
			}
		})
	}
	host := fixture(t, "v2", map[string]string{"proc/77/cgroup": "0::/../elsewhere\n"})
	if _, err := host.OfPID(77); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("outside of the namespace: %v", err)
	}
}

// A process that is ending is shown in the root of each v1 hierarchy.
func TestOfPIDRefusesWhatIsEnding(t *testing.T) {
	host := fixture(t, "v1", map[string]string{
		"proc/77/cgroup": "12:cpu,cpuacct:/\n9:memory:/\n",
		"proc/77/stat":   "77 (sh) Z 1 1 1 0 -1 4228300 0",
	})
	if group, err := host.OfPID(77); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "ending") {
		t.Errorf("found %v, %v", group, err)
	}
}

func TestLaterMountsHideEarlierOnes(t *testing.T) {
	host := fixture(t, "v2", map[string]string{"proc/self/mountinfo": `31 25 0:26 / /sys/fs/cgroup rw - cgroup cgroup rw,memory
32 25 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
33 25 0:27 /a /elsewhere rw - cgroup2 cgroup2 rw
`})
	if mount, version := host.Hierarchy("memory"); version != V2 || host.Version() != V2 || !strings.HasSuffix(mount, "/sys/fs/cgroup") {
		t.Errorf("memory at %s, %s", mount, version)
	}
}

func TestAV1HierarchyWithoutControllersIsNoV1Machine(t *testing.T) {
	host := fixture(t, "v2", map[string]string{"proc/self/mountinfo": `31 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
32 25 0:27 / /elsewhere rw - cgroup cgroup rw,xattr,name=systemd
`})
	if host.Version() != V2 || slices.Contains(host.Controllers(), "name=systemd") {
		t.Errorf("version %s, controllers %v", host.Version(), host.Controllers())
	}
}

func TestOpenWithoutCgroups(t *testing.T) {
	root := t.TempDir()
	if _, err := Open(root); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no /proc: %v", err)
	}
	write(t, filepath.Join(root, "proc/self/mountinfo"), "25 30 0:22 / /sys rw - sysfs sysfs rw\n")
	if _, err := Open(root); !errors.Is(err, ErrUnsupported) {
		t.Errorf("nothing mounted: %v", err)
	}
}

func TestSupportsSaysWhyNot(t *testing.T) {
	for name, want := range map[string]map[Feature]string{
		"v1": {FeatureKill: "no cgroup v2 tree", FeaturePressure: "no cgroup v2 tree", FeatureMemoryHigh: "cgroup v1 does not have it",
			FeatureSwap: "memory.memsw.limit_in_bytes", FeatureOOMGroup: "cgroup v1 does not have it", FeatureEvents: "no cgroup v2 tree",
			FeatureCPUQuota: "cpu.cfs_quota_us", FeatureIOThrottle: "blkio.throttle"},
		"v2":     {FeatureSwappiness: "cgroup v2 does not have it", FeatureOOMKillDisable: "cgroup v2 does not have it"},
		"hybrid": {FeatureMemoryHigh: "cgroup v1 does not have it", FeatureCPUQuota: "cpu.cfs_quota_us", FeatureSwap: "memsw", FeatureKill: "cgroup.kill", FeatureIOThrottle: "blkio.throttle", FeatureOOMGroup: "cgroup v1"},
	} {
		host := fixture(t, name, nil)
		for feature := range demands() {
			err := host.Supports(feature)
			if expected, not := want[feature]; not != (err != nil) || not && (!errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), expected)) {
				t.Errorf("%s: %s: %v", name, feature, err)
			}
		}
	}
	if err := fixture(t, "v1", nil).Supports("hugetlb"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("a controller that is not mounted: %v", err)
	}
}

func TestWholeDisk(t *testing.T) {
	host := fixture(t, "v1", nil)
	for number, want := range map[string]Disk{"8:0": {"8:0", "sda"}, "8:1": {"8:0", "sda"}, "253:1": {"253:1", "dm-1"}} {
		if disk, err := host.wholeDisk(number); err != nil || disk != want {
			t.Errorf("%s: %+v %v", number, disk, err)
		}
	}
	if _, err := host.wholeDisk("7:7"); err == nil {
		t.Error("a device that is not there was found")
	}
}

func TestResolveDeviceOnThisMachine(t *testing.T) {
	host := live(t)
	if _, err := host.ResolveDevice("/proc"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("/proc: %v", err)
	}
	if _, err := host.ResolveDevice("/dev/shm"); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "tmpfs") {
		t.Errorf("/dev/shm: %v", err)
	}
	file, err := host.ResolveDevice("/etc/passwd")
	if err != nil {
		t.Skip(err)
	}
	if made, err := host.ResolveDevice("/etc/yet/to/be/made"); err != nil || made != file {
		t.Errorf("a directory that is not there yet: %v, %v", made, err)
	}
	node, err := host.ResolveDevice("/dev/" + file.Name)
	if err != nil || node != file {
		t.Errorf("the file is on %+v, its device node is %+v, %v", file, node, err)
	}
}
