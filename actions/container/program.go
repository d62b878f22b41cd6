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

// checkCommand finds, besides a container that is not declared, what every runtime
// refuses of its declaration, and a program that the built-in image does not have.
// command is what a step would run; empty: what the container declares.
func checkCommand(d actions.Declared, container string, command []string) error {
	err := errors.Join(target.Check(d, container), checkDeclaration(d, container))
	declared, known := d.Container(container)
	holder := ""
	if len(command) == 0 {
		command, holder = declared.Command, container
	}
	if known && len(declared.Entrypoint) == 0 {
		err = errors.Join(err, checkProgram(declared, command, holder))
	}
	return err
}

// checkDeclaration finds values of a declaration that no runtime takes.
func checkDeclaration(d actions.Declared, container string) error {
	var err error
	declared, _ := d.Container(container)
	if memory := declared.Limits.Memory; memory != nil && *memory > 0 && *memory < leastMemory {
		err = &actions.Mistake{Container: container, Path: []string{"limits", "memory"},
			Message: fmt.Sprintf("container %s: a memory limit of %s is too small for a container; the least is %s", container, memory, leastMemory)}
	}
	if _, wrong := stopSignal(declared.StopSignal); wrong != nil {
		err = errors.Join(err, &actions.Mistake{Container: container, Path: []string{"stop_signal"}, Message: "stop_signal: " + wrong.Error()})
	}
	return err
}

// leastMemory is what Docker, and the embedded runtime with it, asks for: the
// container's first process has to fit while it is set up.
const leastMemory = 6 * unit.MiB

// checkProgram judges only what is certain: a plain name, looked up on the search
// path of the built-in image. An expression is empty here, a path may be a volume's.
// holder is the container that declares the command; empty: the step gives it.
func checkProgram(c schema.Container, command []string, holder string) error {
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
	mistake := &actions.Mistake{Container: holder, Path: []string{"command", "0"},
		Message: fmt.Sprintf("the image workload has no program %q", command[0]), Hint: "`isolab workload` lists what it has"}
	if near := schema.Nearest(command[0], names); near != "" {
		mistake.Message += fmt.Sprintf("; did you mean %q?", near)
	} else if words := strings.Fields(command[0]); len(words) > 1 {
		mistake.Hint = "each word is an item of its own: [" + strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "-" }), ", ") + "]"
	}
	return mistake
}

// checkExec is for a command in a container that runs already; the entrypoint plays
// no part.
func checkExec(d actions.Declared, p ExecParams) error {
	err := target.Check(d, p.Container)
	if declared, known := d.Container(p.Container); known {
		err = errors.Join(err, checkProgram(declared, p.Command, ""))
	}
	return err
}
