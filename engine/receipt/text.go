package receipt

import (
	"fmt"
	"strings"
	"time"
)

// named is how many leftovers the line names; all are in Receipt.Left.
const named = 5

// String is one line for a terminal.
func (r Receipt) String() string {
	return fmt.Sprintf("left behind: %s (%s)", r.what(), strings.Join(r.figures(), ", "))
}

func (r Receipt) what() string {
	if len(r.Left) == 0 && len(r.Unknown) == 0 {
		return "nothing"
	}
	var parts []string
	for i, item := range r.Left {
		if i == named {
			parts = append(parts, fmt.Sprintf("%d more", len(r.Left)-named))
			break
		}
		parts = append(parts, item.String())
	}
	if len(r.Unknown) > 0 {
		parts = append(parts, "not known: "+strings.Join(r.Unknown, "; "))
	}
	return strings.Join(parts, ", ")
}

func (r Receipt) figures() []string {
	var parts []string
	for _, c := range r.Counts {
		parts = append(parts, fmt.Sprintf("%s %d→%d", c.Kind, c.Before, c.After))
	}
	if n := len(r.Meanwhile); n > 0 {
		parts = append(parts, fmt.Sprintf("%d changed meanwhile, not ours", n))
	}
	return append(parts, "looked for "+r.Took.Round(100*time.Microsecond).String())
}

// String names one thing: "cgroup /sys/fs/cgroup/memory/isolab/run-k3f9x2a1".
func (i Item) String() string {
	text := strings.TrimSuffix(string(i.Kind), "s") + " " + i.Name
	if i.Kind == Processes {
		text = "process " + i.Name
	}
	if i.Detail != "" {
		text += " (" + i.Detail + ")"
	}
	return text
}
