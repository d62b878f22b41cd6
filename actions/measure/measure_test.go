package measure

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"isolab/actions"
	"isolab/actions/actionstest"
	"isolab/schema"
	"isolab/schema/unit"
)

func TestActions_keepTheRules(t *testing.T) { actionstest.Rules(t, "measure", Actions()) }

func TestUsageOf_takesTheTimeThatPassed(t *testing.T) {
	u := usageOf([]point{
		{at: 0, cpu: time.Second, memory: 10, read: 0, reads: 0, pids: 1},
		{at: 100 * time.Millisecond, cpu: 1050 * time.Millisecond, memory: 40, read: 100, reads: 10, pids: 5},
		{at: 400 * time.Millisecond, cpu: 1350 * time.Millisecond, memory: 10, read: 400, reads: 40, pids: 2, periods: 4, throttled: 1},
	})
	if u.CPU.Mean != 0.875 || u.CPU.Max != 1 || u.CPU.Used != 350*time.Millisecond || !slices.Equal(u.CPU.Series.Values, []unit.CPUs{0.5, 1}) {
		t.Errorf("cpu %+v", u.CPU)
	}
	if u.Memory.Mean != 20 || u.Memory.Max != 40 || u.Memory.Min != 10 || u.Memory.First != 10 || u.Memory.Last != 10 {
		t.Errorf("memory %+v", u.Memory)
	}
	if u.IO.ReadBPS != 1000 || u.IO.ReadIOPS != 100 || !slices.Equal(u.IO.Reads.Values, []unit.Rate{1000, 1000}) {
		t.Errorf("io %+v", u.IO)
	}
	if u.PIDs != (PIDs{Max: 5, Last: 2}) || u.Throttled.Ratio != 0.25 || u.Samples != 3 {
		t.Errorf("pids %+v, throttled %+v", u.PIDs, u.Throttled)
	}
}

func TestUsageOf_little(t *testing.T) {
	if u := usageOf(nil); u.Samples != 0 {
		t.Errorf("got %+v", u)
	}
	if u := usageOf([]point{{memory: 5}}); u.Memory.Mean != 5 || u.CPU.Mean != 0 {
		t.Errorf("got %+v", u)
	}
}

func TestP95(t *testing.T) {
	values := make([]int, 100)
	for i := range values {
		values[99-i] = i + 1
	}
	if got := p95(values); got != 95 {
		t.Errorf("got %d", got)
	}
	if got := p95([]int{7}); got != 7 {
		t.Errorf("of one: %d", got)
	}
}

func TestDisturbance(t *testing.T) {
	for name, test := range map[string]struct {
		around          Around
		allowed, online int64
		late            time.Duration
		noisy           bool
	}{
		"quiet":                           {Around{Busy: 0.5, CPUs: 1, Others: 0.1}, 2, 2, 0, false},
		"full, all by the targets":        {Around{Busy: 1, CPUs: 2, Others: 0.1}, 2, 2, 0, false},
		"full, half by others":            {Around{Busy: 1, CPUs: 2, Others: 1}, 2, 2, 0, true},
		"full now and then":               {Around{Busy: 0.75, CPUs: 1.5, Others: 0.6}, 2, 2, 0, true},
		"others, and room for everybody":  {Around{Busy: 0.5, CPUs: 8, Others: 6}, 16, 16, 0, false},
		"pinned, with others":             {Around{Busy: 0.9, CPUs: 1.8, Others: 0.8}, 1, 2, 0, true},
		"pinned, alone":                   {Around{Busy: 0.55, CPUs: 1.1, Others: 0.05}, 1, 2, 0, false},
		"stolen":                          {Around{Steal: 0.2}, 2, 2, 0, true},
		"late":                            {Around{}, 2, 2, 3 * time.Second, true},
		"one late sample among long ones": {Around{}, 2, 2, 400 * time.Millisecond, false},
	} {
		got := disturbance(test.around, test.allowed, test.online, timing{late: test.late}, 100*time.Millisecond)
		if (got.what != "") != test.noisy || (got.share > 0) != test.noisy {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// What a target lacks is told under the name that expressions have for it, and the
// target knows it by itself, for whoever comes to it in another way.
func TestResult_tellsWhatATargetLacks(t *testing.T) {
	points := []point{{}, {at: time.Second, cpu: time.Second}}
	lacking := probe{name: "my-app", missing: map[string]string{"io": "no blkio"}, origins: map[string]string{"cpu": "/cpu"}}
	whole := probe{name: "app", missing: map[string]string{}, origins: map[string]string{}}
	r, err := result(context.Background(), &actions.Env{Root: t.TempDir()}, SampleParams{Every: time.Second},
		[]*track{{probe: lacking, points: points}, {probe: whole, points: points}}, timing{duration: time.Second},
		machine{missing: map[string]string{}}, machine{missing: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Missing[`of["my-app"].io`] == "" || r.Missing["of.app.io"] != "" || r.Missing["io"] == "" || r.Origins()[`of["my-app"].cpu.mean`] != "/cpu" {
		t.Errorf("missing %v, origins %v", r.Missing, r.Origins())
	}
	if r.Of["my-app"].Missing["io"] == "" || r.Of["app"].Missing["io"] != "" {
		t.Errorf("of %+v", r.Of)
	}
}

func TestNoise_ofASlowDisk(t *testing.T) {
	disk := Disk{Name: "sda", Queue: 4, Wait: 20 * time.Millisecond}
	busy, idle := slowDisk(disk, IO{ReadIOPS: 10, WriteIOPS: 20}), slowDisk(disk, IO{ReadIOPS: 1})
	if busy.what != "the disk sda itself took 20ms for a request" || math.Abs(busy.share-0.6) > 1e-9 || idle != (noise{}) {
		t.Errorf("%+v, %+v", busy, idle)
	}
	slow := SampleResult{disk: map[string]noise{"io.": busy, "of.large.io.": busy, `of["large"].io.`: busy, "of.small.io.": idle}}
	stolen := SampleResult{disk: slow.disk, noise: noise{"stolen", 0.1}}
	for name, test := range map[string]struct {
		result SampleResult
		field  string
		miss   actions.Miss
		want   string
	}{
		"too little traffic":   {slow, "io.read_bps", actions.MissLow, busy.what},
		"of one target":        {slow, `of["large"].io.read_bps`, actions.MissLow, busy.what},
		"of another":           {slow, "of.small.io.read_bps", actions.MissLow, ""},
		"too much traffic":     {slow, "io.read_bps", actions.MissHigh, ""},
		"too little CPU time":  {slow, "cpu.mean", actions.MissLow, ""},
		"the disk weighs more": {stolen, "io.write_iops", actions.MissLow, busy.what},
		"the CPUs for others":  {stolen, "cpu.mean", actions.MissLow, "stolen"},
		"in a larger claim":    {stolen, "cpu.mean", actions.MissUnknown, "stolen"},
		"too much CPU time":    {stolen, `of["large"].cpu.mean`, actions.MissHigh, ""},
		"at one moment":        {stolen, "cpu.max", actions.MissHigh, "stolen"},
		"of the host":          {stolen, "of.host.cpu.mean", actions.MissHigh, "stolen"},
		"a larger share":       {stolen, "of.large.share", actions.MissHigh, "stolen"},
	} {
		if got, share := test.result.Noise(test.field, test.miss); got != test.want || (share > 0) != (got != "") {
			t.Errorf("%s: %q, %.2f", name, got, share)
		}
	}
}

func TestSkip(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct{ due, now, want time.Duration }{
		{0, 10 * ms, 0},                // next at 100
		{100 * ms, 350 * ms, 300 * ms}, // 200 and 300 are over, next at 400
		{900 * ms, 910 * ms, 900 * ms}, // the last at 1000
		{900 * ms, 1500 * ms, 900 * ms},
		{500 * ms, 980 * ms, 900 * ms},
	} {
		if got := skip(test.due, 100*ms, test.now, time.Second); got != test.want {
			t.Errorf("due %v at %v: %v, want %v", test.due, test.now, got, test.want)
		}
	}
}

func TestCheck(t *testing.T) {
	declared := actionstest.View{Containers: map[string]schema.Container{"hungry": {}}}
	for params, ok := range map[string]bool{
		"hungry":                            true,
		"host":                              true,
		"[hungry, 'cgroup:small', host]":    true,
		"hungri":                            false,
		"{of: hungry, every: 1ms}":          false,
		"{of: hungry, for: 1h, every: 5ms}": false,
	} {
		if err := Sample.Check(actionstest.Decode[SampleParams](t, params), declared); (err == nil) != ok {
			t.Errorf("%s: %v", params, err)
		}
	}
}

func TestShell(t *testing.T) {
	params := actionstest.Decode[SampleParams](t, "{of: [hungry, host], for: 2s}")
	want := []string{"cat /sys/fs/cgroup/hungry/cpu.stat /sys/fs/cgroup/hungry/memory.current /sys/fs/cgroup/hungry/io.stat",
		"cat /proc/stat /proc/meminfo", "sleep 2"}
	want = append(want, want[:2]...)
	if got := Sample.Shell(params, actionstest.View{Version: "v2"}); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
