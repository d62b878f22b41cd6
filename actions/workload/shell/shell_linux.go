package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"

	"isolab/actions/workload/applet"
)

// shell is one running sh.
type shell struct {
	call     *applet.Call
	runner   *interp.Runner
	name     string // $0
	children *children
	traps    *traps
	rewriter rewriter
}

// invocation is what the command line asks for.
type invocation struct {
	options                     []string // for set
	command, interactive, stdin bool
}

func run(c *applet.Call) int {
	in, code, ok := parse(c)
	if !ok {
		return code
	}
	s := &shell{call: c, name: c.Name, children: newChildren(), traps: newTraps()}
	s.rewriter = rewriter{functions: map[string]string{}}
	switch {
	case in.command:
		text, rest := c.Args[0], c.Args[1:]
		if len(rest) > 0 {
			s.name, rest = rest[0], rest[1:]
		}
		return s.runText(strings.NewReader(text), in, rest)
	case len(c.Args) > 0 && !in.stdin:
		s.name = c.Args[0]
		file, err := os.Open(s.name)
		if err != nil {
			c.Warnf("%s", applet.Reason(err))
			return notFound
		}
		defer file.Close()
		return s.runText(file, in, c.Args[1:])
	case in.interactive || term.IsTerminal(0):
		return s.interact(in)
	}
	return s.runText(c.Stdin, in, c.Args)
}

func parse(c *applet.Call) (in invocation, code int, ok bool) {
	flags := c.Flags()
	flags.SetInterspersed(false)
	flags.BoolVarP(&in.command, "command", "c", false, "run the first argument")
	flags.BoolVarP(&in.interactive, "interactive", "i", false, "prompt for commands")
	flags.BoolVarP(&in.stdin, "stdin", "s", false, "read commands from the standard input")
	flags.BoolP("login", "l", false, "accepted, without meaning")
	for letter, about := range map[string]string{"e": "end when a command fails", "u": "an unset variable is an error",
		"x": "print commands as they run", "f": "no file name patterns", "n": "only check the syntax", "a": "export all variables"} {
		flags.BoolFuncP("set-"+letter, letter, about, func(string) error {
			in.options = append(in.options, "-"+letter)
			return nil
		})
	}
	if code, ok = c.Parse(flags); !ok {
		return in, code, false
	}
	if in.command && len(c.Args) == 0 {
		return in, c.Usagef("-c needs a command"), false
	}
	return in, applet.OK, true
}

// start makes the interpreter.
func (s *shell) start(in invocation, arguments []string) error {
	params := append(append(in.options, "--"), arguments...)
	runner, err := interp.New(
		interp.StdIO(s.call.Stdin, s.call.Stdout, s.call.Stderr),
		interp.Env(expand.ListEnviron(environment()...)),
		interp.Params(params...),
		interp.Interactive(in.interactive),
		interp.CallHandler(s.onCall),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return s.onExec }),
	)
	if s.runner = runner; err != nil {
		return err
	}
	return s.define(shellPid, strconv.Itoa(os.Getpid()))
}

// define sets a variable that is not exported.
func (s *shell) define(name, value string) error {
	assignment, err := syntax.NewParser().Parse(strings.NewReader(name+"="+value), s.name)
	if err != nil {
		return err
	}
	return s.runner.Run(context.Background(), assignment.Stmts[0])
}

// environment has a PATH even when the runtime gave none.
func environment() []string {
	if _, found := os.LookupEnv("PATH"); !found {
		return append(os.Environ(), "PATH=/bin:/sbin:/usr/bin")
	}
	return os.Environ()
}

// runText runs a whole program.
func (s *shell) runText(text io.Reader, in invocation, arguments []string) int {
	program, err := syntax.NewParser().Parse(text, s.name)
	if err != nil {
		s.call.Warnf("%v", err)
		return applet.Misuse
	}
	s.rewriter.program(program)
	if err := s.start(in, arguments); err != nil {
		s.call.Warnf("%v", err)
		return applet.Misuse
	}
	return s.code(s.runner.Run(context.Background(), program))
}

// code is the exit code of what the interpreter returned.
func (s *shell) code(err error) int {
	var status interp.ExitStatus
	switch {
	case err == nil:
		return applet.OK
	case errors.As(err, &status):
		return int(status)
	}
	return s.call.Fail(err)
}

// interact reads commands from a terminal. Ctrl-C ends what runs, not the shell.
func (s *shell) interact(in invocation) int {
	in.interactive = true
	if err := s.start(in, s.call.Args); err != nil {
		return s.call.Fail(err)
	}
	applet.Catch(make(chan os.Signal, 1), unix.SIGINT)
	prompt := "$ "
	if os.Geteuid() == 0 {
		prompt = "# "
	}
	code := applet.OK
	parser := syntax.NewParser()
	fmt.Fprint(s.call.Stderr, prompt)
	for statements, err := range parser.InteractiveSeq(s.call.Stdin) {
		if err != nil {
			s.call.Warnf("%v", err)
			return applet.Misuse
		}
		if parser.Incomplete() {
			fmt.Fprint(s.call.Stderr, "> ")
			continue
		}
		for _, statement := range statements {
			s.rewriter.statement(statement)
			code = s.code(s.runner.Run(context.Background(), statement))
			if s.runner.Exited() {
				return code
			}
		}
		fmt.Fprint(s.call.Stderr, prompt)
	}
	return code
}
