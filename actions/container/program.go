package container

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"isolab/actions"
	"isolab/actions/target"
	"isolab/actions/workload"
	"isolab/schema"
	"isolab/schema/unit"
)

// checkCommand finds, besides a container that is not declared, a program that the
// built-in image does not have. command is what a step would run; empty: what the
// container declares.
func checkCommand(d actions.Declared, container string, command []string) error {
	err := target.Check(d, container)
	declared, known := d.Container(container)
	if len(command) == 0 {
		command = declared.Command
	}
	if known && len(declared.Entrypoint) == 0 {
		err = errors.Join(err, checkProgram(declared, command))
	}
	if memory := declared.Limits.Memory; memory != nil && *memory > 0 && *memory < leastMemory {
		err = errors.Join(err, fmt.Errorf("container %s: a memory limit of %s is too small for a container; the least is %s", container, memory, leastMemory))
	}
	return err
}

// leastMemory is what Docker, and the embedded runtime with it, asks for: the
// container's first process has to fit while it is set up.
const leastMemory = 6 * unit.MiB

// checkProgram judges only what is certain: a plain name, looked up on the search
// path of the built-in image. An expression is empty here, a path may be a volume's.
func checkProgram(c schema.Container, command []string) error {
	if c.Image != (schema.Image{Ref: target.Workload}) || len(command) == 0 || command[0] == "" || strings.Contains(command[0], "/") || c.Env["PATH"] != "" {
		return nil
	}
	var names []string
	for _, applet := range workload.Applets() {
		names = append(names, applet.Name)
	}
	if slices.Contains(names, command[0]) {
		return nil
	}
	if near := schema.Nearest(command[0], names); near != "" {
		return fmt.Errorf("the image workload has no program %q; did you mean %q?", command[0], near)
	}
	return fmt.Errorf("the image workload has no program %q; `isolab workload` lists what it has", command[0])
}

// checkExec is for a command in a container that runs already; the entrypoint plays
// no part.
func checkExec(d actions.Declared, p ExecParams) error {
	err := target.Check(d, p.Container)
	if declared, known := d.Container(p.Container); known {
		err = errors.Join(err, checkProgram(declared, p.Command))
	}
	return err
}
