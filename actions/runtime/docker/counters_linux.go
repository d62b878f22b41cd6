package docker

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
)

// counter is one number of a cgroup file that is held open. Reading an open file
// needs no path lookup, and fails (ENODEV) once the cgroup has been removed.
type counter struct {
	field string // JSON name in runtime.Accounting
	path  string
	file  *os.File
	key   string // of a file with a name in each line; empty for a single number
	scale int64  // to the field's unit
}

// The files behind each field, for either interface:
// cgroup-v1/memory.html#usage, cgroup-v1/cpuacct.html, cgroup-v2.html. oom_kill
// is in memory.oom_control since kernel 4.13, memory.peak since 5.19. Two files
// for one field add up: with no swap allowed, v1 counts at memory+swap.
var (
	memoryV1 = []counter{
		{field: "oom_kills", path: "memory.oom_control", key: "oom_kill"},
		{field: "memory_peak", path: "memory.max_usage_in_bytes"},
		{field: "failures", path: "memory.failcnt"},
		{field: "failures", path: "memory.memsw.failcnt"},
	}
	memoryV2 = []counter{
		{field: "oom_kills", path: "memory.events", key: "oom_kill"},
		{field: "memory_peak", path: "memory.peak"},
		{field: "failures", path: "memory.events", key: "max"},
	}
	cpuV1 = []counter{{field: "cpu", path: "cpuacct.usage"}}
	cpuV2 = []counter{{field: "cpu", path: "cpu.stat", key: "usage_usec", scale: int64(time.Microsecond)}}
)

// wanted lists the counters of a controller, memory or cpuacct.
func wanted(controller string, version cgroup.Version) []counter {
	switch {
	case controller == "memory" && version == cgroup.V1:
		return memoryV1
	case controller == "memory":
		return memoryV2
	case version == cgroup.V1:
		return cpuV1
	}
	return cpuV2
}

// openCounters opens the files of one controller in a cgroup's directory. What
// this kernel does not have is left out.
func openCounters(dir, controller string, version cgroup.Version) []counter {
	var opened []counter
	for _, c := range wanted(controller, version) {
		c.path = filepath.Join(dir, c.path)
		file, err := os.Open(c.path)
		if err == nil {
			c.file = file
			opened = append(opened, c)
		}
	}
	return opened
}

func closeCounters(counters []counter) {
	for _, c := range counters {
		c.file.Close()
	}
}

// read is the counter's value now.
func (c counter) read() (int64, error) {
	var buffer [4096]byte
	n, err := c.file.ReadAt(buffer[:], 0)
	if n == 0 && err != nil {
		return 0, err
	}
	text := strings.TrimSpace(string(buffer[:n]))
	if c.key != "" {
		if text, err = keyed(text, c.key); err != nil {
			return 0, err
		}
	}
	v, err := strconv.ParseInt(text, 10, 64)
	return v * max(c.scale, 1), err
}

// keyed picks the value of "<key> <value>" in a line of its own.
func keyed(text, key string) (string, error) {
	for line := range strings.Lines(text) {
		if name, v, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name == key {
			return v, nil
		}
	}
	return "", fmt.Errorf("no line %s", key)
}

// sample reads all counters; ok is false when one that could be read before can
// no longer be.
func sample(counters []counter) (runtime.Accounting, bool) {
	a, ok := unread(), len(counters) > 0
	for _, c := range counters {
		v, err := c.read()
		if err != nil {
			ok = false
			continue
		}
		into := field(&a, c.field)
		*into = max(*into, 0) + v
		a.Origins[c.field] = strings.TrimPrefix(a.Origins[c.field]+" + "+c.path, " + ")
	}
	return a, ok
}

// field is where a counter's value goes.
func field(a *runtime.Accounting, name string) *int64 {
	switch name {
	case "oom_kills":
		return &a.OOMKills
	case "memory_peak":
		return &a.MemoryPeak
	case "failures":
		return &a.Failures
	}
	return (*int64)(&a.CPU)
}
