package main

import (
	_ "embed"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// newScenario is the file that `isolab new` writes.
//
//go:embed new.yaml
var newScenario string

var scenarioName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

func (a *app) newCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "new <name>",
		Short: "Write a first scenario to start from",
		Long: `New writes <name>.yaml in this folder: a small scenario that passes, with a
comment on each part. An existing file is never overwritten.`,
		Example: "  isolab new my-lesson\n  isolab run my-lesson.yaml",
		Args:    one("the scenario to write"),
		RunE: func(_ *cobra.Command, args []string) error {
			name := strings.TrimSuffix(args[0], ".yaml")
			if !scenarioName.MatchString(name) {
				return usagef("%q is not a name for a scenario: use lower case letters, digits and dashes, a letter first", name)
			}
			path := name + ".yaml"
			file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
			if err != nil {
				return usageError{fmt.Errorf("write a new scenario: %w", err)}
			}
			defer file.Close()
			if _, err := file.WriteString(strings.ReplaceAll(newScenario, "NAME", name)); err != nil {
				return fmt.Errorf("write %s: %w", path, err)
			}
			fmt.Fprintf(a.out, "wrote %s; run it with: isolab run %s\n", path, path)
			return file.Close()
		},
	}
}
