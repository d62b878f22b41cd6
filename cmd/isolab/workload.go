package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"isolab/actions/runtime/docker"
	"isolab/actions/workload"
	"isolab/cmd/isolab/console"
	"isolab/schema"
)

func (a *app) workloadCommand() *cobra.Command {
	var save string
	cmd := &cobra.Command{
		Use:   "workload [program]",
		Short: "Show the programs of the built-in container image, workload",
		Long: `The image workload is what a container without image: runs. Its programs stand
in command: of a container, in container.exec and in cgroup.run. With --save the image
goes to a new file, for the commands that you want to type yourself.

Each of these programs is several threads, and so about five tasks for a limit on
processes (pids); the processes that forkbomb and zombies make are one task each.`,
		Example: "  isolab workload\n  isolab workload stress\n  isolab workload --save - | docker load",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if save != "" {
				return a.saveWorkload(save)
			}
			if len(args) == 0 {
				a.listPrograms()
				return nil
			}
			return a.describeProgram(args[0])
		},
	}
	cmd.Flags().StringVar(&save, "save", "", "write the image to this file, or to standard output (-), in the format of docker save")
	return cmd
}

func (a *app) listPrograms() {
	width := 0
	for _, program := range workload.Applets() {
		width = max(width, len(program.Name))
	}
	for _, program := range workload.Applets() {
		console.Hang(a.out, fmt.Sprintf("%-*s  ", width, program.Name), program.Summary)
	}
	fmt.Fprintln(a.out)
	console.Hang(a.out, "", "One in full: isolab workload <program>; each counts as about five tasks (pids), see --help")
}

// saveWorkload writes the image under the name that equivalent commands use.
func (a *app) saveWorkload(path string) error {
	var out io.Writer = a.out
	if path == "-" && term.IsTerminal(int(a.out.Fd())) {
		return usagef("--save -: an image is nothing for a terminal; pipe it to docker load, or name a file")
	}
	if path != "-" {
		if err := spare(path); err != nil {
			return err
		}
		file, err := os.Create(path)
		if err != nil {
			return usageError{err}
		}
		defer file.Close()
		out = file
	}
	return docker.WriteWorkload(out, "workload:latest")
}

// describeProgram prints how one program of the image is called.
func (a *app) describeProgram(name string) error {
	var names []string
	for _, program := range workload.Applets() {
		if program.Name == name {
			fmt.Fprintf(a.out, "%s: %s\n\n", program.Name, program.Summary)
			console.Hang(a.out, "Usage:    ", program.Name+" "+program.Usage)
			if program.Example != "" {
				fmt.Fprintf(a.out, "Example:  %s\n", program.Example)
			}
			if options := program.Options(); options != "" {
				fmt.Fprintf(a.out, "\n%s\n", options)
			}
			return nil
		}
		names = append(names, program.Name)
	}
	if near := schema.Nearest(name, names); near != "" {
		return usagef("the image has no program %q; did you mean %q?", name, near)
	}
	return usagef("the image has no program %q; `isolab workload` lists them", name)
}
