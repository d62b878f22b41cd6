package expr

import (
	"context"
	"reflect"
	"testing"
	"time"

	"isolab/schema"
	"isolab/schema/unit"
)

// The names that the tests' expressions see.
type (
	state string
	bits  uint64

	memoryInfo struct {
		Usage unit.Size  `json:"usage" expr:"usage"`
		Limit unit.Size  `json:"limit" expr:"limit"`
		Swap  unit.Size  `json:"swap" expr:"swap"`
		Peak  *unit.Size `json:"peak" expr:"peak"`
		Fails int64      `json:"fails" expr:"fails"`
	}
	cpuInfo struct {
		Usage time.Duration `json:"usage" expr:"usage"`
		Quota unit.CPUs     `json:"quota" expr:"quota"`
		Share unit.Ratio    `json:"share" expr:"share"`
	}
	cgroupInfo struct {
		Memory memoryInfo `json:"memory" expr:"memory"`
		CPU    cpuInfo    `json:"cpu" expr:"cpu"`
		IO     *ioInfo    `json:"io" expr:"io"`
		Path   string     `json:"path" expr:"path"`
		secret int
	}
	ioInfo struct {
		Read unit.Rate `json:"read" expr:"read"`
	}
	process struct {
		PID     int32     `json:"pid" expr:"pid"`
		Name    string    `json:"name" expr:"name"`
		State   state     `json:"state" expr:"state"`
		Caps    bits      `json:"caps" expr:"caps"`
		RSS     unit.Size `json:"rss" expr:"rss"`
		Threads int       `json:"threads" expr:"threads"`
		Args    []string  `json:"args" expr:"args"`
	}
	runResult struct {
		ExitCode  int       `json:"exit_code" expr:"exit_code"`
		OOMKilled bool      `json:"oom_killed" expr:"oom_killed"`
		Stdout    string    `json:"stdout" expr:"stdout"`
		Started   time.Time `json:"started" expr:"started"`
		Ended     time.Time `json:"ended" expr:"ended"`
	}
	timed struct {
		Duration time.Duration `json:"duration" expr:"duration"`
	}
	execResult struct {
		timed
		Code int `json:"code"`
	}
)

func size64(s unit.Size) *unit.Size { return &s }

var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// sample are the values of the names.
func sample() map[string]any {
	peak := size64(171302912)
	return map[string]any{
		"mem": cgroupInfo{
			Memory: memoryInfo{Usage: 171302912, Limit: 150 * unit.MiB, Peak: peak, Fails: 3},
			CPU:    cpuInfo{Usage: 2500 * time.Millisecond, Quota: 0.5, Share: 0.629},
			Path:   "/sys/fs/cgroup/memory/docker/abc",
		},
		"bare": &cgroupInfo{Memory: memoryInfo{Limit: unit.Size(9223372036854771712)}, CPU: cpuInfo{Quota: unit.UnlimitedCPUs}},
		"run": runResult{ExitCode: 137, OOMKilled: true, Stdout: "worker 7 got signal 9\n42\n",
			Started: began, Ended: began.Add(3 * time.Second)},
		"exec": execResult{timed: timed{1500 * time.Millisecond}},
		"procs": []process{
			{PID: 1, Name: "init", State: "S", RSS: 10 * unit.MiB, Threads: 1, Args: []string{"init"}},
			{PID: 7, Name: "worker", State: "R", Caps: 0xa80425fb, RSS: 20 * unit.MiB, Threads: 4, Args: []string{"stress", "-c"}},
		},
		"pointers": []*process{{PID: 1}, nil},
		"limits":   map[string]int{"memory": 150, "cpu": 50},
		"sizes":    map[string]unit.Size{"memory": 150 * unit.MiB},
		"params":   memoryInfo{Limit: 150 * unit.MiB},
		"load":     sampled[unit.Ratio](0.2, 0.4, 0.6, 0.8),
		"memory":   sampled[unit.Size](40*unit.MiB, 60*unit.MiB, 120*unit.MiB),
		"cputime":  sampled[time.Duration](0, 500*time.Millisecond, time.Second),
		"empty":    unit.Series[unit.Size]{},
		"n":        10, "f": 2.5, "word": "hello", "yes": true, "who": "memory",
		"state": state("running"), "whatever": any("anything"), "dynamic": any(map[string]any{"a": 1, "b": []any{1, "x"}}),
		"many": make([]int, 10_000), "toomany": make([]int, 10_001),
		"long": string(make([]byte, 1<<20)), "when": began,
	}
}

// sampled makes a series with a sample a second.
func sampled[T unit.Quantity](values ...T) unit.Series[T] {
	var s unit.Series[T]
	for i, v := range values {
		s.Add(time.Duration(i)*time.Second, v)
	}
	return s
}

func sampleScope() *Scope {
	scope := NewScope()
	for name, value := range sample() {
		t := reflect.TypeOf(value)
		if name == "whatever" || name == "dynamic" {
			t = typeAny
		}
		scope = scope.With(name, t)
	}
	return scope.With("never", reflect.TypeFor[memoryInfo]())
}

func sampleLookup() Lookup {
	values := sample()
	return func(name string) (any, bool) {
		value, ok := values[name]
		return value, ok
	}
}

func written(text string) schema.Expr {
	return schema.Expr{Source: text, Pos: schema.Pos{File: "x.yaml", Line: 10, Col: 5}}
}

// eval compiles and evaluates against the sample.
func eval(t *testing.T, text string) (any, error) {
	t.Helper()
	p, diag := Compile(written(text), sampleScope(), nil)
	if diag != nil {
		t.Fatalf("%s: %s (%s)", text, diag.Error(), diag.Hint)
	}
	return p.Eval(context.Background(), sampleLookup())
}
