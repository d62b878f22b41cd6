package event_test

import (
	"fmt"
	"strings"
	"testing"

	"isolab/engine/event"
)

// What is no whole log is told with the event that is wrong, and visits nothing that
// a reader could trip over.
func TestReadRefuses(t *testing.T) {
	for log, want := range map[string]string{
		"":                                 "no event",
		"hello":                            "no recorded run",
		"{}":                               "no kind",
		`{"kind":"scenario.end"}`:          "event 1: a scenario.end without",
		`{"kind":"claim","step":1}`:        "a claim without",
		`{"kind":"case.start","case":"x"}`: "a case.start without",
		`{"kind":"step.note","text":"x"}` + "\n" + `{"kind":"step.no`:    "in the middle of event 2",
		`{"kind":"session.start","session":{"log_version":99}}`:          "newer isolab",
		`{"kind":"from.the.future"}` + "\n" + `{"kind":"session.start"}`: "event 2: a session.start without",
	} {
		err := event.Read(strings.NewReader(log), func(event.Event) error { return nil })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want … %s …", log, err, want)
		}
	}
}

func TestReadVisitsInOrder(t *testing.T) {
	var seen []string
	log := `{"kind":"step.note","text":"a"}` + "\n" + `{"kind":"from.the.future"}` + "\n" + `{"kind":"step.note","text":"b"}`
	err := event.Read(strings.NewReader(log), func(e event.Event) error { seen = append(seen, e.Text); return nil })
	if fmt.Sprint(seen) != "[a  b]" || err != nil {
		t.Errorf("%q, %v", seen, err)
	}
}
