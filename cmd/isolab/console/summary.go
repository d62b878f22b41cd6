package console

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"isolab/engine/event"
)

// ending is how a scenario ended that did not pass.
type ending struct {
	outcome            event.Outcome
	name, reason, help string
}

// remember keeps what the closing summary lists again.
func (c *Console) remember(e event.Event) {
	if e.End.Outcome == event.Passed || c.control != "" {
		return
	}
	c.ends = append(c.ends, ending{e.End.Outcome, e.Name, e.End.Reason, e.End.Help})
}

// totals closes a session of several scenarios: how many ended how, and, the
// gravest last, which did not pass. What has the same reason is told together.
func (c *Console) totals(t *event.Totals) {
	count := 0
	var parts []string
	for _, outcome := range event.Outcomes {
		if n := t.Scenarios[outcome]; n > 0 {
			count += n
			parts = append(parts, fmt.Sprintf("%d %s", n, outcome))
		}
	}
	if count < 2 {
		return
	}
	c.printf("")
	slices.SortStableFunc(c.ends, func(a, b ending) int {
		return cmp.Or(slices.Index(event.Outcomes[:], a.outcome)-slices.Index(event.Outcomes[:], b.outcome), cmp.Compare(a.reason, b.reason))
	})
	for len(c.ends) > 0 {
		first := c.ends[0]
		same := slices.IndexFunc(c.ends, func(e ending) bool {
			return e.outcome != first.outcome || e.reason != first.reason || e.help != first.help
		})
		if same < 0 {
			same = len(c.ends)
		}
		c.together(c.ends[:same])
		c.ends = c.ends[same:]
		if len(c.ends) == 0 {
			c.printf("")
		}
	}
	c.printf("%s  %s; %s  %s", c.style.strong.Render(fmt.Sprintf("%d scenarios", count)),
		strings.Join(parts, ", "), tally(t.Claims), c.style.dim.Render(seconds(t.Duration)))
}

// together tells of scenarios that ended alike.
func (c *Console) together(ends []ending) {
	var names []string
	for _, e := range ends {
		names = append(names, e.name)
	}
	c.Alike(c.outcome(ends[0].outcome), names, ends[0].reason, ends[0].help)
}

// Alike tells what several scenarios have in common: the names behind a word, and
// below them the reason and, where there is one, what would help.
func (c *Console) Alike(word string, names []string, reason, help string) {
	const indent = 2
	for i, line := range wrap(strings.Join(names, ", "), c.Width-indent-len("inconclusive ")) {
		lead := strings.Repeat(" ", indent)
		if i == 0 {
			lead = word + " "
		}
		c.printf("%s%s", lead, line)
	}
	c.block("    ", c.style.dim, listed(reason))
	if help != "" {
		c.block("    ", c.style.dim, help)
	}
}
