package workload_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"isolab/schema/unit"
)

// resident is the anonymous resident memory of a process, in bytes.
func resident(t *testing.T, pid int) unit.Size {
	t.Helper()
	return statusSize(t, pid, "RssAnon")
}

// statusSize reads a field of /proc/<pid>/status that is in kB.
func statusSize(t *testing.T, pid int, field string) unit.Size {
	t.Helper()
	kib, err := strconv.ParseInt(status(t, pid, field), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return unit.Size(kib) * unit.KiB
}

// What is asked for is resident, to the page, with little else: under 6 MiB for
// the Go runtime and the program.
func TestEatmemory_usesWhatItSays(t *testing.T) {
	for _, size := range []unit.Size{10 * unit.MiB, 100 * unit.MiB} {
		c := command(t, "eatmemory", strconv.FormatInt(int64(size), 10))
		background(t, c, "done, holding")
		for _, field := range []string{"RssAnon", "VmRSS"} {
			if got := statusSize(t, c.Process.Pid, field); got < size || got > size+6*unit.MiB {
				t.Errorf("%s: %s is %s", size, field, got)
			}
		}
	}
}

func TestEatmemory(t *testing.T) {
	if got := run(t, "eatmemory", "--exit", "4097B"); got.code != 0 || got.out != "eating 8192 bytes (8 KiB) in chunks of 1 MiB\ndone\n" {
		t.Errorf("pages: %+v", got)
	}
	if got := run(t, "eatmemory", "--for", "1ms", "1MiB"); got.code != 0 || !strings.HasSuffix(got.out, "done, holding\n") {
		t.Errorf("--for: %+v", got)
	}
	for _, bad := range []string{"", "0", "none", "12XiB", "-1MiB"} {
		if got := run(t, "eatmemory", "--", bad); got.code != 2 || !strings.Contains(got.errors, "usage: eatmemory") {
			t.Errorf("%q: %+v", bad, got)
		}
	}
	if got := run(t, "sh", "-c", "ulimit -v 4000000; eatmemory 8GiB"); got.code != 1 || !strings.Contains(got.errors, "Cannot allocate memory") {
		t.Errorf("refused: %+v", got)
	}
}

// The rate is kept as a lower bound of the time.
func TestEatmemory_rate(t *testing.T) {
	start := time.Now()
	got := run(t, "eatmemory", "--rate", "40MiB/s", "--exit", "8MiB")
	if took := time.Since(start); got.code != 0 || took < 200*time.Millisecond {
		t.Errorf("8 MiB at 40 MiB/s took %s: %+v", took, got)
	}
}

func TestMemhog(t *testing.T) {
	got := run(t, "memhog", "8MiB", "2")
	want := "allocating 8 MiB\n" +
		"round 1 of 2: writing\nround 1 of 2: reading\nround 1 of 2: sleeping 0s\n" +
		"round 2 of 2: writing\nround 2 of 2: reading\nround 2 of 2: sleeping 0s\ndone\n"
	if got.code != 0 || got.out != want {
		t.Errorf("got %+v", got)
	}
}
