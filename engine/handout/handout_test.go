package handout

import (
	"strings"
	"testing"

	"isolab/engine/event"
)

const sample = `<!-- Written -->
> Measured on Linux.

# A limit

- Run it

## 1. First

- ` + "`a < b`" + `
  > - ` + "`a` = 1 MiB" + `

## 2. Second

- ` + "`a < b`" + `
  > - ` + "`a` = 2 MiB" + `
  > - ` + "`a` = 3 MiB" + `
- ` + "`c > d`" + `
`

func TestPlainHasNothingMeasured(t *testing.T) {
	plain := Plain(sample)
	if strings.Contains(plain, ">  ") || strings.Contains(plain, "MiB") || !strings.Contains(plain, "`c > d`") {
		t.Errorf("plain page:\n%s", plain)
	}
}

func TestKeepPutsMeasurementsBack(t *testing.T) {
	if kept := Keep(Plain(sample), sample); kept != sample {
		t.Errorf("kept:\n%s\nwant:\n%s", kept, sample)
	}
	// A new first step moves the others, and a claim that is gone takes its
	// measurements with it.
	moved := strings.NewReplacer("## 2.", "## 3.", "## 1.", "## 2.").Replace(Plain(sample))
	moved = strings.Replace(moved, "## 2. First\n\n- `a < b`\n", "## 1. New\n\n- `a < b`\n\n## 2. First\n\n", 1)
	kept := Keep(moved, sample)
	if strings.Contains(kept, "1 MiB") || !strings.Contains(kept, "## 3. Second\n\n- `a < b`\n  > - `a` = 2 MiB\n  > - `a` = 3 MiB\n- `c > d`") {
		t.Errorf("kept:\n%s", kept)
	}
}

const log = `{"kind":"session.start","session":{"log_version":1,"os":"linux","kernel":"6.1","cpus":2,"cgroup":"v2","selected":[]}}
{"kind":"scenario.start","run":"r1","scenario":"s","about":{"title":"S","runtime":"docker","steps":1}}
{"kind":"step.start","run":"r1","scenario":"s","case":"big","step":1,"info":{"action":"cgroup.read","item":"x","pos":{}}}
{"kind":"claim","run":"r1","scenario":"s","case":"big","step":1,"claim":{"text":"a < b","outcome":"passed","margin":"1 MiB below","operands":[{"text":"a","value":"1 MiB","origin":"/sys/fs/cgroup/x/memory.current"}],"pos":{}}}
{"kind":"scenario.end","run":"r1","scenario":"s","end":{"outcome":"passed","duration":1,"claims":{"passed":1}}}
{"kind":"control.start","scenario":"s","control":{"name":"c","breaks":["x"]}}
{"kind":"scenario.start","run":"r2","scenario":"s","about":{"title":"S","runtime":"docker","steps":1}}
{"kind":"scenario.end","run":"r2","scenario":"s","end":{"outcome":"failed","duration":1,"claims":{"passed":0}}}
{"kind":"control.end","scenario":"s","control":{"name":"c","breaks":["x"]}}
`

func TestReadLeavesControlsOut(t *testing.T) {
	found, err := Read(strings.NewReader(log))
	if err != nil || len(found) != 1 || found["s"].Outcome != event.Passed {
		t.Fatalf("%+v, %v", found, err)
	}
	if lines := found["s"].lines(1, "a < b"); len(lines) != 1 || lines[0] != "big, x: `a` = 1 MiB (memory.current); 1 MiB below" {
		t.Errorf("lines %q", lines)
	}
	if header := found["s"].header(); header != "Measured on linux 6.1, 2 CPUs, cgroup v2, docker runtime; yours will differ." {
		t.Errorf("header %q", header)
	}
}
