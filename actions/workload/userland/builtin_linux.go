package userland

import (
	"context"
	"errors"
	"os"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"

	"isolab/actions/workload/applet"
)

// runBuiltin runs echo, printf, test and [ as the shell's own: as a program of
// one line with the arguments as they are.
func runBuiltin(c *applet.Call) int {
	program, err := syntax.NewParser().Parse(strings.NewReader(c.Name+` "$@"`), c.Name)
	if err != nil {
		return c.Fail(err)
	}
	runner, err := interp.New(interp.StdIO(nil, c.Stdout, c.Stderr), interp.Params(append([]string{"--"}, c.Args...)...),
		interp.Env(expand.ListEnviron(os.Environ()...)))
	if err != nil {
		return c.Fail(err)
	}
	err = runner.Run(context.Background(), program)
	var status interp.ExitStatus
	switch {
	case errors.As(err, &status):
		return int(status)
	case err != nil:
		return c.Fail(err)
	}
	return applet.OK
}
