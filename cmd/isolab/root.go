package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"os"
	"strings"
	"sync/atomic"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"isolab/cmd/isolab/console"
	"isolab/schema"
)

// The exit codes of every command.
const (
	exitPassed      = 0   // every claim held
	exitFailed      = 1   // a claim is false
	exitUsage       = 2   // wrong usage, an invalid scenario, or a permission that was not granted
	exitError       = 3   // we could not tell
	exitNothing     = 4   // nothing was shown: all skipped or inconclusive
	exitInterrupted = 130 // Ctrl-C
)

// exitCode is an error that only carries the process's exit code: everything
// there is to say has been said.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// usageError marks wrong usage of a command.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// app is what the commands share: where to read and write, and the flags that
// every command has.
type app struct {
	in       io.Reader
	out      *stream
	err      *os.File
	log      zerolog.Logger
	logLevel string
	logJSON  bool
	quiet    bool
	verbose  int
	state    string      // directory of journals and images; empty for the usual one
	makes    atomic.Bool // something may be made from now on, or is being removed
}

// execute runs the command line and returns the exit code.
func execute(args []string, in io.Reader, out, errs *os.File) int {
	a := &app{in: in, out: &stream{File: out}, err: errs}
	ctx, stop := withSignals(context.Background(), errs, a.makes.Load)
	defer stop()
	root := a.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(a.out)
	root.SetErr(errs)
	code := a.report(root.ExecuteContext(ctx))
	if err := a.out.err(); err != nil && code == exitPassed {
		return a.report(fmt.Errorf("the output is not complete: %w", err))
	}
	return code
}

// report prints an error and chooses the exit code.
func (a *app) report(err error) int {
	var code exitCode
	var diags schema.Diagnostics
	switch {
	case err == nil:
		return exitPassed
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &diags):
		a.showDiagnostics(diags)
		return exitUsage
	case errors.As(err, new(usageError)) || isCobraUsage(err):
		fmt.Fprintf(a.err, "isolab: %v\n", err)
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	say(a.err, fmt.Sprintf("isolab: %v", err))
	return exitError
}

// isCobraUsage recognises the errors that cobra makes of unknown commands and
// flags; it has no type for them.
func isCobraUsage(err error) bool {
	for _, start := range []string{"unknown command", "unknown flag", "unknown shorthand", "flag needs", "invalid argument", "accepts ", "requires "} {
		if strings.HasPrefix(err.Error(), start) {
			return true
		}
	}
	return false
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "isolab",
		Short: "Prove, on this machine, how processes are isolated",
		Long: `isolab runs scenarios: YAML files that start containers, limit them, run
workloads, and say what must then be true. Each claim is judged against the
kernel's own files, and nothing is left behind.

Exit codes: 0 passed · 1 a claim is false · 2 usage or invalid scenario ·
3 error · 4 nothing shown (all skipped or inconclusive) · 130 interrupted`,
		Example: `  isolab run memory-limit          run one built-in scenario
  isolab run --all                 run all of them
  isolab run ./mine.yaml           run a file
  isolab plan memory-limit         see what it would do, as commands
  isolab doctor                    see what can run here`,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if a.log, err = newLog(a.err, a.logLevel, a.logJSON); err != nil {
				return err
			}
			stdlog.SetOutput(logWriter{a.log})
			if cmd.Name() != "clean" { // which tells what it removes
				a.sweepDead(cmd.Context())
			}
			return nil
		},
	}
	root.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false, "say as little as possible")
	root.PersistentFlags().CountVarP(&a.verbose, "verbose", "v", "say more; -vv also shows every result")
	root.PersistentFlags().StringVar(&a.state, "state", "", "directory for journals, images and scratch files (default: /var/lib/isolab for root)")
	root.PersistentFlags().StringVar(&a.logLevel, "log", "info", "how much isolab says of its own work on standard error: debug, info, warn, error, disabled")
	root.PersistentFlags().BoolVar(&a.logJSON, "log-json", false, "write that log as JSON lines")
	root.AddCommand(a.runCommand(), a.proveCommand(), a.checkCommand(), a.planCommand(), a.listCommand(), a.showCommand(),
		a.newCommand(), a.actionsCommand(), a.workloadCommand(), a.schemaCommand(), a.doctorCommand(), a.cleanCommand(), a.replayCommand(), a.handoutCommand(), a.versionCommand())
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], cobra.ShellCompRequestCmd) {
		complete(root)
	}
	refuseUnknown(root)
	narrow(root, console.For(a.out, console.Quiet).Width)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageError{flagError(cmd, err)} })
	return root
}
