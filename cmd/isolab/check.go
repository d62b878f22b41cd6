package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"isolab/cmd/isolab/console"
	"isolab/engine"
	"isolab/scenarios"
	"isolab/schema"
)

func (a *app) checkCommand() *cobra.Command {
	var all, codes bool
	var set []string
	cmd := &cobra.Command{
		Use:   "check [scenario | file | folder]…",
		Short: "Find every mistake in scenarios, without running anything",
		Example: `  isolab check ./mine.yaml
  isolab check ./lessons
  isolab check --codes`,
		RunE: func(_ *cobra.Command, args []string) error {
			if codes {
				a.printCodes()
				return nil
			}
			sources, err := selection{names: args, all: all, leave: a.tellLeftOut}.load()
			if err != nil {
				return err
			}
			values, err := parseSet(set)
			if err != nil {
				return err
			}
			programs, err := compileAll(sources, values, true)
			if err != nil {
				return err
			}
			for _, p := range programs {
				if !a.quiet {
					fmt.Fprintf(a.out, "%s: ok, %s, %s\n", p.Scenario.File, plural(p.Steps(), "step"), plural(p.Claims(), "claim"))
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "every built-in scenario")
	cmd.Flags().BoolVar(&codes, "codes", false, "list the codes that messages end with, and what they mean")
	cmd.Flags().StringArrayVar(&set, "set", nil, "give a param a value: --set limit=200MiB (repeatable)")
	return cmd
}

// printCodes lists the codes of diagnostics, which scripts and editors may rely on.
func (a *app) printCodes() {
	width := 0
	for _, doc := range engine.Codes() {
		width = max(width, len(doc.Code))
	}
	for _, doc := range engine.Codes() {
		console.Hang(a.out, fmt.Sprintf("%-*s  ", width, doc.Code), doc.About)
	}
}

// sourceLine finds a line of a scenario, on the disk or built in, for the snippet
// below a mistake.
func sourceLine(file string, line int) (string, bool) {
	data, err := readFile(file)
	if err != nil {
		data, err = fs.ReadFile(scenarios.FS, file)
	}
	lines := strings.Split(string(data), "\n")
	if err != nil || line < 1 || line > len(lines) {
		return "", false
	}
	return lines[line-1], true
}

// readFile reads as much of a regular file as a scenario may have: what is named
// on the command line may be a device without an end, or a pipe that was read.
func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, schema.MaxFile))
}

// plural is a count with its noun.
func plural(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}

// mostShown is how many mistakes are printed: nobody reads on.
const mostShown = 100

// showDiagnostics prints mistakes with their lines, and counts them.
func (a *app) showDiagnostics(diags schema.Diagnostics) {
	width := 80
	if w, _, err := term.GetSize(int(a.err.Fd())); err == nil && w > 20 {
		width = w
	}
	color := console.For(a.err, console.Brief).Color
	diags[:min(len(diags), mostShown)].Render(a.err, sourceLine, width, color)
	if more := len(diags) - mostShown; more > 0 {
		fmt.Fprintf(a.err, "\nand %d more\n", more)
	}
	if len(diags) > 1 {
		fmt.Fprintf(a.err, "%d mistakes\n", len(diags))
	}
}
