package docker

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/system"
	"github.com/google/go-cmp/cmp"

	"isolab/actions/runtime"
	"isolab/schema/unit"
)

func p[T any](v T) *T { return &v }

func info(t *testing.T, from object) system.Info {
	t.Helper()
	var info system.Info
	text, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(text, &info)
	}
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// The API's swap is memory plus swap, ours is swap alone.
func TestSwapOfNewContainer(t *testing.T) {
	const mib = int64(unit.MiB)
	for name, c := range map[string]struct {
		memory, swap *unit.Size
		want         int64
	}{
		"not said":  {p(512 * unit.MiB), nil, 0},
		"none":      {p(512 * unit.MiB), p(unit.Size(0)), 512 * mib},
		"as much":   {p(512 * unit.MiB), p(512 * unit.MiB), 1024 * mib},
		"unlimited": {p(512 * unit.MiB), p(unit.Unlimited), -1},
	} {
		res, err := resources(runtime.Limits{Memory: c.memory, Swap: c.swap}, info(t, linuxInfo()))
		if err != nil || res.MemorySwap != c.want || res.Memory != 512*mib {
			t.Errorf("%s: memory %d, memory+swap %d (%v), want %d", name, res.Memory, res.MemorySwap, err, c.want)
		}
	}
	_, err := resources(runtime.Limits{Swap: p(unit.Size(0))}, info(t, linuxInfo()))
	if !errors.Is(err, runtime.ErrUnsupported) {
		t.Errorf("swap without memory: %v", err)
	}
}

// What the daemon records reads back as what was asked for.
func TestLimitsRoundTrip(t *testing.T) {
	for name, want := range map[string]runtime.Limits{
		"none":   {},
		"memory": {Memory: p(64 * unit.MiB), Swap: p(32 * unit.MiB), MemoryReservation: p(16 * unit.MiB)},
		"v1":     {Memory: p(64 * unit.MiB), Swappiness: p(int64(0)), OOMKillDisable: p(true)},
		"cpu":    {CPUs: p(unit.CPUs(0.5)), CPUShares: p(int64(512)), CpusetCPUs: p("0-1"), CpusetMems: p("0")},
		"pids":   {PIDs: p(int64(20))},
		"swap":   {Memory: p(64 * unit.MiB), Swap: p(unit.Unlimited)},
		"io": {IO: []runtime.DeviceLimit{{Device: "/dev/sda", ReadBPS: 1, WriteBPS: 2, ReadIOPS: 3, WriteIOPS: 4},
			{Device: "/dev/sdb", WriteIOPS: 5}}},
	} {
		res, err := resources(want, info(t, linuxInfo()))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, recorded(res)); diff != "" {
			t.Errorf("%s: asked (-), recorded (+):\n%s", name, diff)
		}
	}
}

// An update names memory and swap together: the part not asked for is what is there.
func TestChanges(t *testing.T) {
	const mib = int64(unit.MiB)
	now := container.Resources{Memory: 64 * mib, MemorySwap: 96 * mib}
	for name, c := range map[string]struct {
		ask  runtime.Limits
		now  container.Resources
		want container.Resources
	}{
		"memory alone":            {runtime.Limits{Memory: p(128 * unit.MiB)}, now, container.Resources{Memory: 128 * mib, MemorySwap: 160 * mib}},
		"swap alone":              {runtime.Limits{Swap: p(unit.Size(0))}, now, container.Resources{MemorySwap: 64 * mib}},
		"memory and swap":         {runtime.Limits{Memory: p(32 * unit.MiB), Swap: p(8 * unit.MiB)}, now, container.Resources{Memory: 32 * mib, MemorySwap: 40 * mib}},
		"memory lifted":           {runtime.Limits{Memory: p(unit.Unlimited)}, now, container.Resources{Memory: -1, MemorySwap: -1}},
		"memory of unlimited":     {runtime.Limits{Memory: p(32 * unit.MiB)}, container.Resources{}, container.Resources{Memory: 32 * mib, MemorySwap: -1}},
		"memory, swap unlimited":  {runtime.Limits{Memory: p(32 * unit.MiB)}, container.Resources{Memory: mib, MemorySwap: -1}, container.Resources{Memory: 32 * mib, MemorySwap: -1}},
		"cpus":                    {runtime.Limits{CPUs: p(unit.CPUs(1.5))}, now, container.Resources{CPUPeriod: 100000, CPUQuota: 150000}},
		"cpus lifted":             {runtime.Limits{CPUs: p(unit.CPUs(0))}, now, container.Resources{CPUPeriod: 100000, CPUQuota: -1}},
		"pids lifted":             {runtime.Limits{PIDs: p(int64(0))}, now, container.Resources{PidsLimit: p(int64(-1))}},
		"nothing stays unchanged": {runtime.Limits{}, now, container.Resources{}},
	} {
		got, err := changes(c.ask, c.now, info(t, linuxInfo()))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: want (-), got (+):\n%s", name, diff)
		}
	}
	_, err := changes(runtime.Limits{Swappiness: p(int64(5))}, now, info(t, linuxInfo()))
	if !errors.Is(err, runtime.ErrUnsupported) {
		t.Errorf("swappiness: %v", err)
	}
}

// A limit that the daemon says it cannot keep is refused before it is asked.
func TestEnforceable(t *testing.T) {
	v2 := linuxInfo()
	v2["CgroupVersion"] = "2"
	poor := linuxInfo()
	for _, flag := range []string{"MemoryLimit", "CpuCfsQuota", "CPUShares", "CPUSet", "PidsLimit", "OomKillDisable"} {
		poor[flag] = false
	}
	for name, c := range map[string]struct {
		limits runtime.Limits
		info   object
		want   string // empty: kept
	}{
		"memory":              {runtime.Limits{Memory: p(unit.MiB)}, linuxInfo(), ""},
		"no memory":           {runtime.Limits{Memory: p(unit.MiB)}, poor, "limit memory"},
		"unlimited memory":    {runtime.Limits{Memory: p(unit.Unlimited)}, poor, ""},
		"no cpus":             {runtime.Limits{CPUs: p(unit.CPUs(1))}, poor, "limit cpus"},
		"no shares":           {runtime.Limits{CPUShares: p(int64(2))}, poor, "limit cpu_shares"},
		"no cpuset":           {runtime.Limits{CpusetCPUs: p("0")}, poor, "limit cpuset"},
		"no pids":             {runtime.Limits{PIDs: p(int64(2))}, poor, "limit pids"},
		"oom on v1":           {runtime.Limits{OOMKillDisable: p(true)}, linuxInfo(), ""},
		"oom on v2":           {runtime.Limits{OOMKillDisable: p(true)}, v2, "needs cgroup v1"},
		"oom kept on, v2":     {runtime.Limits{OOMKillDisable: p(false)}, v2, ""},
		"swappiness on v2":    {runtime.Limits{Swappiness: p(int64(0))}, v2, "needs cgroup v1"},
		"pids on windows":     {runtime.Limits{PIDs: p(int64(2))}, windowsInfo(), "Windows"},
		"memory on windows":   {runtime.Limits{Memory: p(unit.GiB), CPUs: p(unit.CPUs(2))}, windowsInfo(), ""},
		"nothing is all fine": {runtime.Limits{}, poor, ""},
	} {
		err := enforceable(c.limits, info(t, c.info))
		if c.want == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.want != "" && (!errors.Is(err, runtime.ErrUnsupported) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// The daemon's own words for a limit that it leaves out.
func TestDropped(t *testing.T) {
	const noSwap = "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap."
	swap := runtime.Limits{Memory: p(unit.GiB), Swap: p(unit.Size(0))}
	for name, c := range map[string]struct {
		warning  string
		limits   runtime.Limits
		swapless bool
		drops    bool
	}{
		"no warning":               {"", runtime.Limits{}, false, false},
		"swap that nobody set":     {noSwap, runtime.Limits{Memory: p(unit.GiB)}, false, false},
		"swap that was set":        {noSwap, swap, false, true},
		"no swap where none is":    {noSwap, swap, true, false},
		"some swap where none is":  {noSwap, runtime.Limits{Swap: p(unit.GiB)}, true, true},
		"oom kill":                 {"Your kernel does not support OomKillDisable. OomKillDisable discarded.", runtime.Limits{}, false, true},
		"io":                       {"Your kernel does not support BPS Block I/O read limit or the cgroup is not mounted. Block I/O BPS read limit discarded.", runtime.Limits{}, false, true},
		"platform, not of a limit": {"The requested image's platform (linux/arm64) does not match the detected host platform", runtime.Limits{}, false, false},
	} {
		err := dropped([]string{c.warning}, c.limits, c.swapless)
		if (err != nil) != c.drops || err != nil && !errors.Is(err, runtime.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestIsolation(t *testing.T) {
	plain, gvisor := linuxInfo(), linuxInfo()
	gvisor["Runtimes"] = object{"runc": object{}, "runsc": object{}}
	for name, c := range map[string]struct {
		mode, runtime string
		info          object
		oci, windows  string
		unsupported   string
	}{
		"default":             {"", "", plain, "", "", ""},
		"process":             {"process", "", plain, "runc", "", ""},
		"sandbox":             {"sandbox", "", gvisor, "runsc", "", ""},
		"sandbox missing":     {"sandbox", "", plain, "", "", "install gVisor"},
		"hyperv on linux":     {"hyperv", "", plain, "", "", "needs Docker on Windows"},
		"unknown runtime":     {"", "crun", plain, "", "", "no runtime crun (it has runc)"},
		"shim by name":        {"", "io.containerd.kata.v2", plain, "io.containerd.kata.v2", "", ""},
		"hyperv":              {"hyperv", "", windowsInfo(), "", "hyperv", ""},
		"process on windows":  {"process", "", windowsInfo(), "", "process", ""},
		"sandbox on windows":  {"sandbox", "", windowsInfo(), "", "", "needs a Linux daemon"},
		"nothing said, win32": {"", "", windowsInfo(), "", "", ""},
	} {
		oci, windows, err := isolation(c.mode, c.runtime, info(t, c.info))
		if c.unsupported != "" {
			if !errors.Is(err, runtime.ErrUnsupported) || !strings.Contains(err.Error(), c.unsupported) {
				t.Errorf("%s: %v, want %q", name, err, c.unsupported)
			}
			continue
		}
		if err != nil || oci != c.oci || windows != c.windows {
			t.Errorf("%s: %q %q %v", name, oci, windows, err)
		}
	}
}

// A daemon with containerd's image store takes a size of the writable layer and
// does not keep it.
func TestStorageSizeThatWouldBeForgotten(t *testing.T) {
	info := linuxInfo()
	info["Driver"], info["DriverStatus"] = "overlayfs", [][2]string{{"driver-type", "io.containerd.snapshotter.v1"}}
	r, daemon := serve(t, map[string]http.HandlerFunc{"GET /info": gives(info)})
	_, err := r.Create(background(t), runtime.Spec{Name: "c", Image: "i", StorageMax: unit.MiB})
	if !errors.Is(err, runtime.ErrUnsupported) || !strings.Contains(err.Error(), "containerd") {
		t.Error(err)
	}
	if asked := daemon.body("/containers/create"); asked != "" {
		t.Errorf("the daemon was asked for %s", asked)
	}
}
