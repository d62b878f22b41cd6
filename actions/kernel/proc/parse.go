package proc

import (
	"fmt"
	"math"
	"math/bits"
	"reflect"
	"strconv"
	"strings"

	"isolab/actions/signal"
	"isolab/schema/unit"
)

// parseStatus reads "Name:\tvalue" lines (proc_pid_status(5)).
func parseStatus(text string) map[string]string {
	lines := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			lines[name] = strings.TrimSpace(value)
		}
	}
	return lines
}

// parseKiB reads "1740 kB".
func parseKiB(text string) (unit.Size, bool) {
	number, ok := strings.CutSuffix(text, " kB")
	v, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if !ok || err != nil || v < 0 || v > math.MaxInt64/1024 {
		return 0, false
	}
	return unit.Size(v) * unit.KiB, true
}

// parseInts reads numbers between white space.
func parseInts(text string) (ints []int) {
	for word := range strings.FieldsSeq(text) {
		if v, err := strconv.Atoi(word); err == nil {
			ints = append(ints, v)
		}
	}
	return ints
}

// column is the n-th word of a line as a number; 0 when it is not there.
func column(text string, n int) int {
	if ints := parseInts(text); n < len(ints) {
		return ints[n]
	}
	return 0
}

// parseCapabilities decodes a mask of 16 hexadecimal digits; bit n is the
// capability of that number (linux/capability.h).
func parseCapabilities(hex string, names []string) (CapabilitySet, error) {
	mask, err := strconv.ParseUint(hex, 16, 64)
	if err != nil {
		return CapabilitySet{}, fmt.Errorf("capability mask %q: %w", hex, err)
	}
	set := CapabilitySet{Hex: hex, Count: int64(bits.OnesCount64(mask)), Names: []string{}}
	for ; mask != 0; mask &= mask - 1 {
		bit := bits.TrailingZeros64(mask)
		name := fmt.Sprintf("CAP_%d", bit) // newer than this program
		if bit < len(names) {
			name = names[bit]
		}
		set.Names = append(set.Names, name)
	}
	return set, nil
}

// parseSignals decodes a mask of hexadecimal digits, as in SigCgt; bit n is signal
// n + 1 (proc_pid_status(5)). Real-time signals have numbers, such as SIG34.
func parseSignals(hex string) ([]string, error) {
	mask, err := strconv.ParseUint(hex, 16, 64)
	if err != nil {
		return nil, fmt.Errorf("signal mask %q: %w", hex, err)
	}
	names := []string{}
	for ; mask != 0; mask &= mask - 1 {
		names = append(names, signal.Name(bits.TrailingZeros64(mask)+1))
	}
	return names, nil
}

// parseResources reads /proc/<pid>/limits: a name, then the soft and the hard
// limit in columns.
func parseResources(text string) Resources {
	var r Resources
	fields := map[string]*Resource{
		"Max cpu time": &r.CPU, "Max file size": &r.FileSize, "Max stack size": &r.Stack, "Max core file size": &r.Core,
		"Max processes": &r.Processes, "Max open files": &r.OpenFiles, "Max locked memory": &r.Memlock, "Max address space": &r.AddressSpace,
	}
	for line := range strings.Lines(text) {
		for name, into := range fields {
			rest, ok := strings.CutPrefix(line, name+" ")
			if words := strings.Fields(rest); ok && len(words) >= 2 {
				*into = Resource{Soft: limitValue(words[0]), Hard: limitValue(words[1])}
			}
		}
	}
	return r
}

func limitValue(word string) int64 {
	if v, err := strconv.ParseInt(word, 10, 64); err == nil {
		return v
	}
	return math.MaxInt64 // "unlimited", or RLIM_INFINITY as a number
}

// parseIDMap reads lines of three numbers.
func parseIDMap(text string) []IDMap {
	maps := []IDMap{}
	for line := range strings.Lines(text) {
		if ints := parseInts(line); len(ints) == 3 {
			maps = append(maps, IDMap{Inside: int64(ints[0]), Outside: int64(ints[1]), Count: int64(ints[2])})
		}
	}
	return maps
}

// parseCgroups reads "id:controllers:path" lines (cgroups(7)).
func parseCgroups(text string) map[string]string {
	groups := map[string]string{}
	for line := range strings.Lines(text) {
		_, rest, ok := strings.Cut(strings.TrimRight(line, "\n"), ":")
		controllers, path, ok2 := strings.Cut(rest, ":")
		if !ok || !ok2 {
			continue
		}
		if controllers == "" {
			controllers = "unified"
		}
		for controller := range strings.SplitSeq(controllers, ",") {
			groups[controller] = path
		}
	}
	return groups
}

// countList counts a list of CPUs such as "0-2,4" (cpuset(7), list format); one
// that it does not understand counts 0.
func countList(list string) int64 {
	var count int64
	for part := range strings.SplitSeq(strings.TrimSpace(list), ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		low, err1 := strconv.ParseUint(first, 10, 31)
		high, err2 := strconv.ParseUint(last, 10, 31)
		if err1 != nil || err2 != nil || high < low {
			return 0
		}
		count += int64(high-low) + 1
	}
	return count
}

// parseCommandLine splits the zero-terminated words of /proc/<pid>/cmdline.
func parseCommandLine(text string) []string {
	if text == "" {
		return []string{}
	}
	return strings.Split(strings.TrimSuffix(text, "\x00"), "\x00")
}

// parseName finds NAME="value" in /etc/os-release (os-release(5)).
func parseName(text, name string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+"="); ok {
			return strings.Trim(value, `"'`)
		}
	}
	return ""
}

// originsOf gives every field with a json tag the same origin.
func originsOf(v any, path string) map[string]string {
	origins := map[string]string{}
	typ := reflect.TypeOf(v)
	for i := range typ.NumField() {
		if name := typ.Field(i).Tag.Get("json"); name != "" {
			origins[name] = path
		}
	}
	return origins
}
