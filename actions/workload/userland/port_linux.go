package userland

import (
	"errors"
	"flag"
	"os/exec"

	"github.com/u-root/u-root/pkg/core"
	"github.com/u-root/u-root/pkg/core/cp"
	"github.com/u-root/u-root/pkg/core/find"
	"github.com/u-root/u-root/pkg/core/mktemp"
	"github.com/u-root/u-root/pkg/core/mv"
	"github.com/u-root/u-root/pkg/core/touch"
	"github.com/u-root/u-root/pkg/core/xargs"

	"isolab/actions/workload/applet"
)

// port makes u-root's command of the given name.
func port(name string) core.Command {
	switch name {
	case "cp":
		return cp.New()
	case "find":
		return find.New()
	case "mktemp":
		return mktemp.New()
	case "mv":
		return mv.New()
	case "touch":
		return touch.New()
	}
	return xargs.New()
}

func runPort(c *applet.Call) int {
	err := port(c.Name).Run(c.Args...)
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return applet.OK
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return c.Fail(err)
}
