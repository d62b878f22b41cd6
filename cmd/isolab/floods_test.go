//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"isolab/schema/testenv"
	"isolab/schema/unit"
)

// floods are scenarios that make isolab handle far more than it may keep.
var floods = map[string]string{
	"a container prints 1 GiB": `containers: {c: {command: [dd, if=/dev/zero, bs=1M, count=1024], limits: {memory: 64MiB}}}
steps:
  - container.run: c
    timeout: 120s
    expect: [result.exit_code == 0, result.truncated, "result.stdout_bytes == 1GiB", len(result.stdout) <= 1048576]
`,
	"a command in a container prints 1 GiB": `containers: {c: {command: [sleep, 300s]}}
steps:
  - container.start: c
  - container.exec: {container: c, command: [dd, if=/dev/zero, bs=1M, count=1024]}
    timeout: 120s
    expect: [result.exit_code == 0, result.truncated, "result.stdout_bytes == 1GiB"]
`,
	"a host command prints 1 GiB": `permissions: [host.exec]
steps:
  - host.exec: [head, -c, 1G, /dev/zero]
    timeout: 120s
    expect: [result.exit_code == 0, result.truncated, "result.stdout_bytes == 1GiB"]
`,
	"100,000 events": "cases:\n" + many("  - {name: c%d}\n", 100) + "steps:\n" + many("  - flow.note: note %d\n", 340) +
		"  - host.memory: {}\n    expect: [result.total > 0B]\n",
}

// TestFloods bounds isolab's own memory at its peak, whatever it is told.
func TestFloods(t *testing.T) {
	testenv.Need(t, testenv.Root)
	for name, text := range floods {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file, log := filepath.Join(dir, "flood.yaml"), filepath.Join(dir, "log")
			if err := os.WriteFile(file, []byte("isolab: 1\nname: flood\ntitle: Too much\n"+text), 0o600); err != nil {
				t.Fatal(err)
			}
			// A process begins with the peak of the one that it was forked from
			// (exec_mmap in the kernel's fs/exec.c), and a test with the race detector
			// is large; so a small program starts isolab and tells its peak.
			run := exec.Command(binary)
			run.Args = []string{"timeit", "--json", binary, "run", "-q", "--runtime", "embedded", "--allow", "host.exec",
				"--report", "json=" + log, "--report", "junit=" + log + ".xml", file}
			run.Env = append(os.Environ(), "ISOLAB_STATE="+filepath.Join(dir, "state"))
			var told bytes.Buffer
			run.Stderr = &told
			if out, err := run.Output(); err != nil {
				events, _ := os.ReadFile(log)
				t.Fatalf("%v\n%s%s%s", err, out, &told, regexp.MustCompile(`(?m)^{"kind":"claim".*"outcome":"failed".*$`).Find(events))
			}
			var used struct {
				Peak unit.Size `json:"max_rss"`
			}
			if err := json.Unmarshal(told.Bytes(), &used); err != nil {
				t.Fatalf("%v: %s", err, &told)
			}
			if most := 100 * unit.MiB; used.Peak > most || used.Peak == 0 {
				t.Errorf("isolab took %s, at most %s are right", used.Peak, most)
			}
			events, err := os.ReadFile(log)
			if count := bytes.Count(events, []byte("\n")); err != nil || strings.Contains(name, "events") && count < 100_000 {
				t.Errorf("%d events, %v", count, err)
			}
			t.Logf("%s at the peak, %d events, a log of %d KiB", used.Peak, bytes.Count(events, []byte("\n")), len(events)>>10)
		})
	}
}
