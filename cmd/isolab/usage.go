package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"isolab/schema"
)

// flagError says what is wrong with a flag in the words of a user: the library's
// messages quote the functions of Go's library.
func flagError(cmd *cobra.Command, err error) error {
	var value *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	switch {
	case errors.As(err, &value):
		return fmt.Errorf("--%s %s: %s", value.GetFlag().Name, value.GetValue(), wanted(value.GetFlag().Value.Type()))
	case errors.As(err, &unknown) && len(unknown.GetSpecifiedName()) > 1:
		if near := schema.Nearest(unknown.GetSpecifiedName(), flagNames(cmd)); near != "" {
			return fmt.Errorf("%w; did you mean --%s?", err, near)
		}
		return fmt.Errorf("%w; `%s --help` lists them", err, cmd.CommandPath())
	}
	return err
}

// wanted says how a flag's value is written.
func wanted(kind string) string {
	switch kind {
	case "duration":
		return "write a duration with its unit, such as 30s or 5m"
	case "int", "count":
		return "write a whole number"
	case "bool":
		return "write true or false"
	}
	return "write a " + kind
}

func flagNames(cmd *cobra.Command) []string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// one is the check of a command that takes exactly one argument, which what names.
func one(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return usagef("name %s: %s", what, cmd.UseLine())
		case len(args) > 1:
			return usagef("%s takes one name, and here are %d: %s", cmd.CommandPath(), len(args), strings.Join(args, " "))
		}
		return nil
	}
}

// refuseUnknown makes the library's own commands refuse what they do not know; by
// themselves they print their help, and succeed.
func refuseUnknown(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Args = func(_ *cobra.Command, args []string) error {
				if _, rest, err := root.Find(args); err != nil || len(rest) > 0 {
					return usagef("there is no command %q; `isolab help` lists them", strings.Join(args, " "))
				}
				return nil
			}
		case "completion":
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
}

// narrow breaks the flags' texts in help to a width; the library can, and does not.
func narrow(root *cobra.Command, width int) {
	const whole = ".FlagUsages "
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), whole, fmt.Sprintf(".FlagUsagesWrapped %d ", width)))
}
