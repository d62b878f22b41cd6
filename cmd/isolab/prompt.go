package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"isolab/actions"
	"isolab/cmd/isolab/console"
)

// interactive reports whether a person can be asked: both ends are terminals.
func (a *app) interactive() bool {
	in, ok := a.in.(*os.File)
	return ok && term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(a.err.Fd()))
}

// grantee is a scenario and a permission that a person gave it.
type grantee struct {
	scenario   string
	permission actions.Permission
}

// ask shows what a scenario wants and takes yes for an answer; anything else, and
// no terminal, is no. A scenario that runs again, as in a proof, is not asked about
// again.
func (m *machinery) ask(ctx context.Context, name string, missing []actions.Permission) bool {
	m.question.Lock()
	defer m.question.Unlock()
	missing = slices.DeleteFunc(missing, func(p actions.Permission) bool { return m.granted[grantee{name, p}] })
	if len(missing) == 0 || !m.app.interactive() {
		return len(missing) == 0
	}
	if m.shown(ctx) != nil {
		return false
	}
	fmt.Fprintf(m.app.err, "%s asks for:\n", console.Clean(name))
	for _, p := range missing {
		fmt.Fprintf(m.app.err, "  %-26s %s\n", p, p.About())
	}
	fmt.Fprint(m.app.err, "Grant it for this run? [y/N] ")
	var answer strings.Builder
	if readLine(ctx, m.app.in, &answer) != nil {
		return false
	}
	reply := strings.ToLower(strings.TrimSpace(answer.String()))
	if reply != "y" && reply != "yes" {
		return false
	}
	for _, p := range missing {
		m.granted[grantee{name, p}] = true
	}
	return true
}

// readLine copies one line, or returns when the context ends. The reading itself
// cannot be interrupted; it ends with the process.
func readLine(ctx context.Context, in io.Reader, out io.Writer) error {
	done := make(chan error, 1)
	go func() {
		line, err := bufio.NewReader(in).ReadString('\n')
		io.WriteString(out, line)
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
