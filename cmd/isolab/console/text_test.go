package console

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"isolab/engine/event"
)

func TestWrapKeepsWhatIsNoProse(t *testing.T) {
	for text, want := range map[string][]string{
		"one two\nthree four":            {"one two three", "four"},
		"- a\n- b":                       {"- a", "- b"},
		"say:\n```sh\nx  y\n\n```\ndone": {"say:", "    x  y", "", "done"},
		"\x1b[31mred\x1b[0m\a":           {"red"},
		listed("one\ntwo"):               {"one", "  two"},
		"--memory-swap":                  {"--memory-swap"},
	} {
		if got := wrap(text, 13); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// shown is what a console prints of events.
func shown(detail Detail, events ...event.Event) string {
	var out bytes.Buffer
	c := New(Options{Out: &out, Width: 80, Detail: detail})
	for _, e := range events {
		c.Show(e)
	}
	c.Close()
	return out.String()
}

func failing() []event.Event {
	claim := &event.Claim{Text: "mem.usage <= 5MiB", Outcome: event.Failed, Missed: "1 MiB over"}
	end := &event.End{Outcome: event.Failed, Reason: "step 1 (read): mem.usage is 6 MiB", Claims: event.Tally{Failed: 1}, Duration: time.Second}
	return []event.Event{
		{Kind: event.ScenarioStart, Run: "r", Name: "small", Scenario: &event.Scenario{Title: "Small", Steps: 1}},
		{Kind: event.StepStart, Run: "r", Name: "small", Step: 1, StepInfo: &event.Step{ID: "read", Action: "cgroup.read"}},
		{Kind: event.StepResult, Run: "r", Name: "small", Step: 1, Result: []byte(`{"text":"` + strings.Repeat("x", 200) + `","n":1}`)},
		{Kind: event.ClaimJudged, Run: "r", Name: "small", Step: 1, Claim: claim},
		{Kind: event.StepEnd, Run: "r", Name: "small", Step: 1, End: end},
		{Kind: event.ScenarioEnd, Run: "r", Name: "small", End: end},
	}
}

// However little is shown, a failure has its reason.
func TestEveryDetailGivesTheReason(t *testing.T) {
	for _, detail := range []Detail{Quiet, Full, Traced} {
		if text := shown(detail, failing()...); !strings.Contains(text, "FAILED small") || !strings.Contains(text, "mem.usage is 6 MiB") {
			t.Errorf("detail %v:\n%s", detail, text)
		}
	}
	if text := shown(Brief, failing()...); !strings.Contains(text, "✗ mem.usage <= 5MiB") {
		t.Errorf("brief:\n%s", text)
	}
}

// A result is shown as it is: no line is filled up to the length of the longest.
func TestResultsAreNotPadded(t *testing.T) {
	text := shown(Traced, failing()...)
	if strings.Contains(text, " \n") || !strings.Contains(text, `"n": 1`) {
		t.Errorf("%s", text)
	}
}

func TestAStepThatMayFailSaysSo(t *testing.T) {
	events := failing()
	allowed := *events[4].End
	allowed.Allowed = true
	events[4].End = &allowed
	if text := shown(Full, events[:5]...); !strings.Contains(text, "this step may fail") {
		t.Errorf("%s", text)
	}
}

func TestDumbTerminals(t *testing.T) {
	for name, want := range map[string]bool{"": true, "dumb": true, "xterm": false} {
		t.Setenv("TERM", name)
		if got := dumb(); got != want {
			t.Errorf("TERM=%q is dumb: %v, want %v", name, got, want)
		}
	}
}
