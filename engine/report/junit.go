package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"isolab/engine/event"
)

// JUnit collects a run as JUnit XML, the form that CI systems read: a scenario is
// a test suite, a claim a test case. The XML is written by the second value.
func JUnit(w io.Writer) (event.Sink, func() error) {
	j := &junit{open: map[string]*junitSuite{}}
	return j.add, func() error {
		io.WriteString(w, xml.Header)
		encoder := xml.NewEncoder(w)
		encoder.Indent("", "  ")
		return encoder.Encode(j.root)
	}
}

type junit struct {
	root junitRoot
	open map[string]*junitSuite
}

type junitRoot struct {
	XMLName xml.Name      `xml:"testsuites"`
	Suites  []*junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Stamp    string      `xml:"timestamp,attr"`
	Cases    []junitCase `xml:"testcase"`
	step     string
	began    int // how many cases there were before the step that runs
	claims   int // judged in it
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitMessage `xml:"failure"`
	Error   *junitMessage `xml:"error"`
	Skipped *junitMessage `xml:"skipped"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func (j *junit) add(e event.Event) {
	if e.Kind == event.ScenarioStart {
		suite := &junitSuite{Name: e.Name, Stamp: e.Time.UTC().Format(time.RFC3339)}
		j.open[e.Run] = suite
		j.root.Suites = append(j.root.Suites, suite)
	}
	suite := j.open[e.Run]
	if suite == nil {
		return
	}
	switch e.Kind {
	case event.StepStart:
		suite.step, suite.began, suite.claims = stepName(e), len(suite.Cases), 0
	case event.ClaimJudged:
		suite.claims++
		suite.claim(e.Name, e.Claim)
	case event.StepEnd:
		if suite.claims == 0 || e.End.Outcome == event.Errored {
			suite.end(e.Name, e.End)
		}
		if e.End.Allowed {
			suite.allow()
		}
	case event.ScenarioEnd:
		suite.close(e)
	}
}

func stepName(e event.Event) string {
	name := e.StepInfo.Title
	if name == "" {
		name = e.StepInfo.Action
	}
	if e.Case != "" {
		name = e.Case + ": " + name
	}
	return fmt.Sprintf("%d %s", e.Step, name)
}

func (s *junitSuite) claim(scenario string, claim *event.Claim) {
	one := junitCase{Name: printable(s.step + ": " + claim.Text), Class: scenario}
	var text strings.Builder
	for _, operand := range claim.Operands {
		fmt.Fprintf(&text, "%s = %s %s\n", operand.Text, operand.Value, operand.Origin)
	}
	message := &junitMessage{Message: printable(strings.TrimSpace(claim.Missed + " " + claim.Reason)), Text: printable(text.String())}
	switch claim.Outcome {
	case event.Failed:
		one.Failure = message
		s.Failures++
	case event.Errored:
		one.Error = message
		s.Errors++
	case event.Inconclusive:
		one.Skipped = message
		s.Skipped++
	}
	s.Tests++
	s.Cases = append(s.Cases, one)
}

// end adds a step that ended badly without a claim that says so.
func (s *junitSuite) end(scenario string, end *event.End) {
	if end.Outcome == event.Passed || end.Outcome == event.Skipped {
		return
	}
	one := junitCase{Name: printable(s.step), Class: scenario}
	message := &junitMessage{Message: printable(end.Reason)}
	if end.Outcome == event.Failed {
		one.Failure = message
		s.Failures++
	} else {
		one.Error = message
		s.Errors++
	}
	s.Tests++
	s.Cases = append(s.Cases, one)
}

// allow turns what failed in the step that has ended into skipped: it may fail.
func (s *junitSuite) allow() {
	for i := s.began; i < len(s.Cases); i++ {
		one := &s.Cases[i]
		for _, wrong := range []**junitMessage{&one.Failure, &one.Error} {
			if *wrong != nil {
				one.Skipped, *wrong = &junitMessage{Message: "may fail: " + (*wrong).Message, Text: (*wrong).Text}, nil
				s.Skipped++
			}
		}
	}
	s.Failures, s.Errors = 0, 0
	for _, one := range s.Cases {
		if one.Failure != nil {
			s.Failures++
		}
		if one.Error != nil {
			s.Errors++
		}
	}
}

func (s *junitSuite) close(e event.Event) {
	s.Time = fmt.Sprintf("%.3f", e.End.Duration.Seconds())
	reason := printable(strings.TrimSpace(e.End.Reason + " " + e.End.Help))
	switch {
	case e.End.Outcome == event.Skipped:
		s.Tests++
		s.Skipped++
		s.Cases = append(s.Cases, junitCase{Name: e.Name, Class: e.Name, Skipped: &junitMessage{Message: reason}})
	case e.End.Outcome == event.Errored && s.Errors == 0:
		s.Tests++
		s.Errors++
		s.Cases = append(s.Cases, junitCase{Name: e.Name, Class: e.Name, Error: &junitMessage{Message: reason}})
	}
}

// printable drops characters that XML cannot carry.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text)
}
