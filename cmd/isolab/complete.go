package main

import (
	"strings"

	"github.com/spf13/cobra"

	"isolab/actions"
	"isolab/actions/workload"
)

// complete tells the shell's completion what each command takes besides files.
func complete(root *cobra.Command) {
	var verbs, programs, permissions []string
	for _, action := range catalog().All() {
		verbs = append(verbs, action.Name)
	}
	for _, program := range workload.Applets() {
		programs = append(programs, program.Name)
	}
	for _, p := range actions.Permissions() {
		permissions = append(permissions, string(p))
	}
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "run", "prove", "check", "plan", "show", "doctor", "handout":
			cmd.ValidArgsFunction = words(builtinNames(), cobra.ShellCompDirectiveDefault)
		case "actions":
			cmd.ValidArgsFunction = words(verbs, cobra.ShellCompDirectiveNoFileComp)
		case "workload":
			cmd.ValidArgsFunction = words(programs, cobra.ShellCompDirectiveNoFileComp)
		}
		for flag, values := range map[string][]string{"runtime": {"auto", "docker", "embedded"}, "allow": permissions} {
			if cmd.Flags().Lookup(flag) != nil {
				_ = cmd.RegisterFlagCompletionFunc(flag, words(values, cobra.ShellCompDirectiveNoFileComp)) // fails only for a flag that is not there
			}
		}
	}
}

// words offers those of a list that begin with what was typed.
func words(list []string, directive cobra.ShellCompDirective) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		var fit []string
		for _, word := range list {
			if strings.HasPrefix(word, typed) {
				fit = append(fit, word)
			}
		}
		return fit, directive
	}
}
