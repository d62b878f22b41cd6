// Package handout writes a scenario as a page to give to a class: what it shows,
// each step with the commands that a person would type, what must then be true, and
// what a recorded run measured.
//
// The page is Markdown. Every line that was measured begins with ">", all others
// follow from the scenario alone, so that Plain can tell whether a page is still
// that of its scenario.
package handout

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"isolab/engine"
	"isolab/engine/event"
	"isolab/schema"
)

// Write writes the page of a scenario. Without a recording it has no measurements.
func Write(w io.Writer, program *engine.Program, recording *Recording) error {
	p := &page{recording: recording}
	steps := engine.Plan(program, "docker", "v2")
	p.opening(program, steps)
	p.params(program.Scenario)
	p.cases(program.Scenario)
	for _, step := range steps {
		p.step(step)
	}
	p.controls(program.Scenario)
	p.references(program.Scenario)
	_, err := io.WriteString(w, p.String())
	return err
}

// page is the text so far.
type page struct {
	strings.Builder
	recording *Recording
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// text writes a paragraph and an empty line, or nothing.
func (p *page) text(text string) {
	if text = strings.TrimSpace(text); text != "" {
		p.line("%s\n", text)
	}
}

// argument is how the scenario is called on the command line: by its name where it
// lies in a folder of that name, as built-in ones do, else by its file.
func argument(s *schema.Scenario) string {
	if dir, file := filepath.Split(s.File); file != "scenario.yaml" || filepath.Base(dir) != s.Name {
		return file
	}
	return s.Name
}

func (p *page) opening(program *engine.Program, steps []engine.PlannedStep) {
	s := program.Scenario
	p.line("<!-- Written by `isolab handout` from %s. Lines that begin with > were measured. -->", filepath.Base(s.File))
	if r := p.recording; r != nil {
		p.line("%s", quoted(r.header()))
	}
	p.line("\n# %s\n", s.Title)
	p.text(s.About)
	p.line("- Run it: `isolab run %s`; prove it: `isolab prove %s`", argument(s), argument(s))
	if needs := needs(s.Requires); needs != "" {
		p.line("- Needs: %s", needs)
	}
	for _, permission := range program.Needs {
		p.line("- May: %s (`%s`)", permission.About(), permission)
	}
	if s.Source != "" {
		p.line("- From: %s", strings.TrimSpace(s.Source))
	}
	if slices.ContainsFunc(steps, readsCgroup) {
		p.line("- The commands read the files of cgroup v2. On a machine with v1 some have other names, which `isolab plan %s` shows there.", argument(s))
	}
	p.line("")
}

func readsCgroup(s engine.PlannedStep) bool {
	return strings.Contains(strings.Join(s.Commands, "\n"), "/sys/fs/cgroup/")
}

// header says where and how the recording was made.
func (r *Recording) header() string {
	machine := fmt.Sprintf("%s %s, %d CPUs, cgroup %s", r.Machine.OS, mainline(r.Machine.Kernel), r.Machine.CPUs, r.Machine.Cgroup)
	switch r.Outcome {
	case event.Passed:
		return fmt.Sprintf("Measured on %s, %s runtime; yours will differ.", machine, r.Runtime)
	case event.Skipped:
		return fmt.Sprintf("Not measured: on %s it was skipped (%s).", machine, r.Reason)
	}
	return fmt.Sprintf("Measured on %s, %s runtime, where it ended %s.", machine, r.Runtime, r.Outcome)
}

// mainline is the version that the kernel's own documents go by: 6.18 of
// 6.18.44-cloud-amd64.
func mainline(release string) string {
	if parts := strings.SplitN(release, ".", 3); len(parts) == 3 {
		return parts[0] + "." + parts[1]
	}
	return release
}

func (p *page) params(s *schema.Scenario) {
	if len(s.Params) == 0 {
		return
	}
	p.line("## What can be set\n")
	for _, param := range s.Params {
		text := fmt.Sprintf("- `--set %s=%s`", param.Name, param.Value.Default.Inline())
		if param.Value.About != "" {
			text += ": " + param.Value.About
		}
		p.line("%s", text)
	}
	p.line("")
}

func (p *page) cases(s *schema.Scenario) {
	if len(s.Cases) == 0 {
		return
	}
	p.line("## Cases\n\nThe steps are done once for each; commands and values are those of the first in which a step is done.\n")
	for _, c := range s.Cases {
		var values []string
		for _, param := range c.Params {
			values = append(values, param.Name+" "+param.Value.Inline())
		}
		text := "- **" + c.Name + "**"
		if len(values) > 0 {
			text += " (" + strings.Join(values, ", ") + ")"
		}
		if c.About != "" {
			text += ": " + c.About
		}
		p.line("%s", text)
	}
	p.line("")
}

func (p *page) step(s engine.PlannedStep) {
	title := s.Title
	if title == "" {
		title = "`" + s.Action + "`"
	}
	p.line("## %d. %s\n", s.Number, title)
	p.text(s.Say)
	if s.When != "" {
		p.text("Only when " + code(s.When) + ".")
	}
	if s.Repeats != "" {
		p.text("Repeated: " + s.Repeats + ".")
	}
	if len(s.Commands) > 0 {
		p.line("```console")
		for _, command := range s.Commands {
			p.line("$ %s", strings.ReplaceAll(command, "\n", "\n    "))
		}
		p.line("```\n")
	}
	if s.Look != "" {
		p.text("Look at: " + s.Look)
	}
	for _, claim := range s.Claims {
		p.claim(s.Number, claim)
	}
	if len(s.Claims) > 0 {
		p.line("")
	}
}

func (p *page) claim(step int, claim engine.PlannedClaim) {
	text := "- " + code(claim.Text)
	if claim.Why != "" {
		text += ": " + strings.TrimSpace(claim.Why)
	}
	p.line("%s", text)
	if p.recording == nil {
		return
	}
	for _, measured := range p.recording.lines(step, claim.Text) {
		p.line("  %s", quoted("- "+measured))
	}
}

func (p *page) controls(s *schema.Scenario) {
	if len(s.Controls) == 0 {
		return
	}
	p.line("## Why believe it\n\nEach of these changes takes a cause away, and exactly the claims of the named steps\nmust be false then.\n")
	for _, control := range s.Controls {
		p.line("- **%s** breaks %s: %s", control.Name, named(control.Breaks), strings.TrimSpace(control.About))
		for _, change := range control.Change {
			p.line("  - %s", code(change.Name+": "+change.Value.Inline()))
		}
	}
	p.line("")
}

func (p *page) references(s *schema.Scenario) {
	if len(s.References) == 0 {
		return
	}
	p.line("## Read on\n")
	for _, reference := range s.References {
		p.line("- <%s>", reference)
	}
}

// named lists what a control breaks: beyond (`run.oom_killed`).
func named(breaks []schema.Break) string {
	var list []string
	for _, b := range breaks {
		text := b.Step
		for i, claim := range b.Claims {
			text += []string{" (", ", "}[min(i, 1)] + code(claim)
		}
		if len(b.Claims) > 0 {
			text += ")"
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

// code is a code span, also of text with backticks in it.
func code(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}

func quoted(text string) string { return "> " + strings.Join(strings.Fields(text), " ") }
