package cgroup

import (
	"math"
	"strings"
	"testing"
	"time"

	"isolab/schema/unit"
)

func TestSharesToWeightFollowsTheRuntimesOfToday(t *testing.T) {
	for shares, want := range map[int64]int64{0: 0, 1: 1, 2: 1, 128: 21, 256: 35, 512: 59, 768: 80, 1024: 100, 2000: 170, 2048: 174, 4096: 303, 262144: 10000, 1 << 20: 10000} {
		if got := SharesToWeight(shares); got != want {
			t.Errorf("SharesToWeight(%d) = %d, want %d", shares, got, want)
		}
	}
}

func TestKernelScalesMeetAtTheDefaults(t *testing.T) {
	if kernelShares(100) != 1024 || kernelWeight(1024) != 100 || kernelWeight(512) != 50 || kernelShares(1) != 10 {
		t.Error(kernelShares(100), kernelWeight(1024), kernelWeight(512), kernelShares(1))
	}
}

func TestLimitsThatNoKernelTakes(t *testing.T) {
	seventy, minus := 170, unit.Size(-1)
	for want, limits := range map[string]Limits{
		"give one of them":          {CPUs: 1, CPUQuota: time.Millisecond},
		"cpu shares 5 and":          {CPUShares: 5, CPUWeight: 5},
		"at least 1ms":              {CPUs: 0.001},
		"must be 1ms to 1s":         {CPUPeriod: 2 * time.Second},
		"cpus -1":                   {CPUs: -1},
		"cpu shares 1: must be 2":   {CPUShares: 1},
		"cpu weight 20000":          {CPUWeight: 20000},
		"memory limits must not":    {Memory: -1},
		"swap limit must not":       {Swap: &minus},
		"swappiness must be":        {Swappiness: &seventy},
		"pids -3":                   {Pids: -3},
		`device "sda": want major:`: {IO: []DeviceLimit{{Device: "sda"}}},
		`device "8:0x"`:             {IO: []DeviceLimit{{Device: "8:0x"}}},
	} {
		if err := limits.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", limits, err, want)
		}
	}
	if err := (Limits{CPUs: 0.5, Memory: unit.Unlimited, Pids: NoLimit}).check(); err != nil {
		t.Error(err)
	}
}

func TestQuotaOfCPUs(t *testing.T) {
	for _, c := range []struct {
		limits        Limits
		quota, period time.Duration
	}{
		{Limits{CPUs: 1.5}, 150 * time.Millisecond, 100 * time.Millisecond},
		{Limits{CPUs: 2, CPUPeriod: 50 * time.Millisecond}, 100 * time.Millisecond, 50 * time.Millisecond},
		{Limits{CPUQuota: -1}, -1, 0},
		{Limits{}, 0, 0},
	} {
		if quota, period := c.limits.quota(); quota != c.quota || period != c.period {
			t.Errorf("%+v: %v / %v", c.limits, quota, period)
		}
	}
}

func TestNamesThatCouldLeaveTheMount(t *testing.T) {
	for _, name := range []string{"..", "../x", "a/../../b", "a//b", "./a", "a/.", "a\nb", "a\x00b"} {
		if _, err := cleanName(name); err == nil {
			t.Errorf("%q accepted", name)
		}
	}
	if rel, err := cleanName("/isolab/run-1/"); err != nil || rel != "isolab/run-1" {
		t.Errorf("%q %v", rel, err)
	}
}

func TestFileFormats(t *testing.T) {
	for _, c := range []struct {
		text  string
		value int64
		keys  map[string]int64
	}{
		{"157286400\n", 157286400, nil},
		{"max\n", math.MaxInt64, nil},
		{"18446744073709551615\n", math.MaxInt64, nil},
		{"-1\n", -1, nil},
		{"0-2,4\n", 0, nil},
		{"low 0\nmax 3\n", 0, map[string]int64{"low": 0, "max": 3}},
		{"8:0 rbytes=1 wbytes=2\n", 0, map[string]int64{"8:0.rbytes": 1, "8:0.wbytes": 2}},
		{"8:0 Read 5\nTotal 5\n", 0, map[string]int64{"8:0.Read": 5, "Total": 5}},
		{"some avg10=0.26 total=9\n", 0, map[string]int64{"some.total": 9}},
	} {
		file := parseFile("x", c.text)
		if file.Value != c.value || len(file.Keys) != len(c.keys) {
			t.Errorf("%q: %+v", c.text, file)
		}
		for key, want := range c.keys {
			if file.Keys[key] != want {
				t.Errorf("%q: %s = %d", c.text, key, file.Keys[key])
			}
		}
	}
}

func TestCountCPUs(t *testing.T) {
	for list, want := range map[string]int{"": 0, "0": 1, "0-1": 2, "0-2,4\n": 4, "3-1": 0, "x": 0, "0-": 0, "0-2147483647": 2147483648} {
		if got := countCPUs(list); got != want {
			t.Errorf("%q: %d, want %d", list, got, want)
		}
	}
}

func FuzzParsers(f *testing.F) {
	for _, seed := range []string{"max", "low 0\nmax 3\n", "8:0 rbytes=1 wios=max\n", "8:0 Read 5\nTotal 5\n", "0-2,4", "some avg10=0.26 total=9\nfull", "9223372036854775808 -1", ":= ==\n8: x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := parseFile("io.stat", text)
		for _, s := range append(sourcesV1("cpuacct"), sourcesV2("cpu")...) {
			if v, err := pick(file, s.key); err == nil {
				scaled(v, s.scale)
			}
		}
		devices := deviceTable{}
		devices.traffic(file)
		devices.limits("io.max", file)
		devices.sum(&Host{root: t.TempDir()})
		if s := parseStall(text); s.SomeTotal < 0 && !strings.Contains(text, "-") {
			t.Errorf("%q: %+v", text, s)
		}
		if countCPUs(text) < 0 {
			t.Errorf("%q: a negative number of CPUs", text)
		}
	})
}
