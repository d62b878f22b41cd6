package proc

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

// fields lists the dotted names of a struct's fields, with the tags checked.
func fields(t *testing.T, typ reflect.Type, prefix string) []string {
	t.Helper()
	var names []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		if !f.IsExported() {
			continue
		}
		name := f.Tag.Get("json")
		if name == "" || name != f.Tag.Get("expr") || name != strings.ToLower(name) {
			t.Errorf("%s.%s: json %q, expr %q", typ.Name(), f.Name, name, f.Tag.Get("expr"))
		}
		if doc := f.Tag.Get("doc"); !strings.HasSuffix(doc, ".") {
			t.Errorf("%s.%s: doc %q is not a sentence", typ.Name(), f.Name, doc)
		}
		names = append(names, prefix+name)
		if f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeOf(time.Time{}) {
			names = append(names, fields(t, f.Type, prefix+name+".")...)
		}
	}
	return names
}

func TestResultFieldsAreTaggedAndDocumented(t *testing.T) {
	for _, v := range []any{Process{}, Summary{}, Identity{}, Memory{}, CPU{}, NumberedTime{}, CPUUsage{}, Load{}, Pressure{}, Info{}, Mount{}, Swap{}, IDMap{}} {
		fields(t, reflect.TypeOf(v), "")
	}
}

// checkOrigins demands for every field an origin or a reason, its own or that of
// the part it is in, and never both.
func checkOrigins(t *testing.T, p *Process) {
	t.Helper()
	known := map[string]bool{}
	for _, field := range fields(t, reflect.TypeOf(*p), "") {
		known[field] = true
		if field == "missing" || field == "namespaces" || field == "capabilities" || field == "signals" {
			continue
		}
		origin, reason := "", ""
		for at := field; at != ""; at = at[:max(strings.LastIndex(at, "."), 0)] {
			if origin == "" && reason == "" {
				origin, reason = p.Origins()[at], p.Missing[at]
			}
		}
		if (origin == "") == (reason == "") {
			t.Errorf("%s: origin %q, missing because %q", field, origin, reason)
		}
	}
	for field := range p.Missing {
		if !known[field] {
			t.Errorf("missing names %s, which is no field", field)
		}
	}
}

func TestUsageBetween(t *testing.T) {
	before := CPU{OnlineCount: 2, Total: CPUTimes{User: 10 * time.Second, Idle: 100 * time.Second, IOWait: 5 * time.Second}}
	after := CPU{OnlineCount: 2, Total: CPUTimes{User: 13 * time.Second, System: time.Second, Idle: 104 * time.Second, IOWait: 4 * time.Second, Steal: 2 * time.Second}}
	if got, want := UsageBetween(before, after), (CPUUsage{Busy: 0.4, Steal: 0.2, CPUs: 0.8}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := UsageBetween(after, after); got != (CPUUsage{}) {
		t.Errorf("no time between: %+v", got)
	}
}

func TestBelowSurvivesACircle(t *testing.T) {
	all := []Summary{{PID: 2, PPID: 3}, {PID: 3, PPID: 2}, {PID: 4, PPID: 4}, {PID: 5, PPID: 3}}
	if got := below(all, 2); len(got) != 2 || got[0].PID != 3 || got[1].PID != 5 {
		t.Errorf("%+v", got)
	}
}

func TestLimitValue(t *testing.T) {
	for text, want := range map[string]int64{"64": 64, "unlimited": math.MaxInt64, "18446744073709551615": math.MaxInt64} {
		if got := limitValue(text); got != want {
			t.Errorf("%s: %d", text, got)
		}
	}
}

func FuzzParsers(f *testing.F) {
	for _, seed := range []string{"Name:\tcat\nVmSwap:\t 8 kB\n", "Max open files  64  128 files\n", "0 100000 65536\n", "12:cpu,cpuacct:/a:b\n0::/\n",
		"0-2,4", "sleep\x00\x001\x00", "00000000a80425fb", "ffffffffffffffff", "NAME=\"x\"\nPRETTY_NAME='y'\n", "::\n:\n", "9999999999999999999 kB"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, value := range parseStatus(text) {
			if size, ok := parseKiB(value); ok && size < 0 {
				t.Errorf("%q: %d", value, size)
			}
			column(value, 1)
		}
		if set, err := parseCapabilities(text, []string{"CAP_CHOWN"}); err == nil && int64(len(set.Names)) != set.Count {
			t.Errorf("%q: %+v", text, set)
		}
		parseResources(text)
		parseIDMap(text)
		parseCgroups(text)
		parseCommandLine(text)
		parseName(text, "NAME")
		if countList(text) < 0 {
			t.Errorf("%q: a negative count", text)
		}
	})
}
