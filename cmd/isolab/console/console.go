package console

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
	"golang.org/x/term"

	"isolab/engine/event"
)

// Detail is how much is shown.
type Detail int

// The levels of detail.
const (
	Quiet  Detail = iota // one line a scenario
	Brief                // one line a scenario, and what is not as it should be
	Full                 // narration, commands, every claim with its values
	Traced               // Full, and each result as it came
)

// Options say where and how to show a run.
type Options struct {
	Out    io.Writer
	Detail Detail
	Width  int  // cells; 0: the terminal's, else 80
	Color  bool // ANSI styles
	Live   bool // a status line that is overwritten; only for a terminal
}

// File is an output that may be a terminal.
type File interface {
	io.Writer
	Fd() uintptr
}

// For gives the options that suit a file: colour and a status line only when it
// is a terminal, and no colour when NO_COLOR is set (https://no-color.org).
func For(out File, detail Detail) Options {
	terminal := term.IsTerminal(int(out.Fd()))
	smart := terminal && !dumb()
	options := Options{Out: out, Detail: detail, Width: 80, Color: smart && os.Getenv("NO_COLOR") == "", Live: smart}
	if width, _, err := term.GetSize(int(out.Fd())); terminal && err == nil && width > 20 {
		options.Width = min(width, 100)
	}
	return options
}

// dumb reports whether the terminal knows no control sequences; without a name it is
// taken for a usual one.
func dumb() bool {
	name, named := os.LookupEnv("TERM")
	return named && (name == "" || name == "dumb")
}

// Console is a sink that shows events. It is not safe for concurrent use; see
// event.Tee.
type Console struct {
	Options
	style   styles
	status  *status
	pending map[string]*held // Brief: by run, what is shown only if it ends badly
	steps   map[string]int   // number of steps, by run
	control string           // the control that runs
	ends    []ending         // of what did not pass, for the summary
}

type styles struct {
	strong, dim, good, bad, warn, command lipgloss.Style
}

// New makes a console.
func New(options Options) *Console {
	renderer := lipgloss.NewRenderer(options.Out)
	renderer.SetColorProfile(termenv.Ascii)
	if options.Color {
		renderer.SetColorProfile(termenv.ANSI)
	}
	c := &Console{Options: options, pending: map[string]*held{}, steps: map[string]int{}}
	c.style = styles{
		strong:  renderer.NewStyle().Bold(true),
		dim:     renderer.NewStyle().Faint(true),
		good:    renderer.NewStyle().Foreground(lipgloss.Color("2")),
		bad:     renderer.NewStyle().Foreground(lipgloss.Color("1")).Bold(true),
		warn:    renderer.NewStyle().Foreground(lipgloss.Color("3")),
		command: renderer.NewStyle().Foreground(lipgloss.Color("6")),
	}
	if options.Live {
		c.status = newStatus(options.Out, options.Width)
	}
	return c
}

// Close takes the status line away.
func (c *Console) Close() { c.status.stop() }

// Show is the event.Sink.
func (c *Console) Show(e event.Event) {
	c.status.follow(e)
	if c.Detail >= Full {
		c.narrate(e)
		return
	}
	c.brief(e)
}

// printf writes one line, above the status line.
func (c *Console) printf(format string, args ...any) {
	c.status.hide()
	fmt.Fprintf(c.Out, format+"\n", args...)
	c.status.show()
}

// block writes text, wrapped and indented.
func (c *Console) block(indent string, style lipgloss.Style, text string) {
	for _, line := range wrap(text, c.Width-len(indent)) {
		if line == "" {
			c.printf("")
			continue
		}
		c.printf("%s%s", indent, style.Render(line))
	}
}

// outcome is the word for an outcome, in its colour.
func (c *Console) outcome(o event.Outcome) string {
	switch o {
	case event.Passed:
		return c.style.good.Render("passed")
	case event.Failed:
		return c.style.bad.Render("FAILED")
	case event.Errored:
		return c.style.bad.Render("ERROR")
	case event.Inconclusive:
		return c.style.warn.Render("inconclusive")
	}
	return c.style.warn.Render(string(o))
}

// mark stands before a claim.
func (c *Console) mark(o event.Outcome) string {
	switch o {
	case event.Passed:
		return c.style.good.Render("✓")
	case event.Failed:
		return c.style.bad.Render("✗")
	case event.Errored:
		return c.style.bad.Render("!")
	}
	return c.style.warn.Render("?")
}

// seconds prints a duration with a precision that people can use.
func seconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// tally says how many claims hold.
func tally(t event.Tally) string {
	parts := []string{fmt.Sprintf("%d of %d claims hold", t.Passed, t.Total())}
	if t.Total() == 1 {
		parts[0] = fmt.Sprintf("%d of 1 claim holds", t.Passed)
	}
	if t.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d false", t.Failed))
	}
	if t.Error > 0 {
		parts = append(parts, fmt.Sprintf("%d could not be judged", t.Error))
	}
	if t.Inconclusive > 0 {
		parts = append(parts, fmt.Sprintf("%d inconclusive", t.Inconclusive))
	}
	return strings.Join(parts, ", ")
}
