package main

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"isolab/actions"
	"isolab/cmd/isolab/console"
	"isolab/engine/expr"
	"isolab/schema"
)

func (a *app) actionsCommand() *cobra.Command {
	var functions, permissions bool
	cmd := &cobra.Command{
		Use:   "actions [name | family]",
		Short: "Show what a step can do: every action, its keys and its results",
		Example: `  isolab actions
  isolab actions container.run
  isolab actions --functions
  isolab actions --permissions`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if functions {
				a.printFunctions()
				return nil
			}
			if permissions {
				a.printPermissions()
				return nil
			}
			if len(args) == 0 {
				a.listActions(catalog().All())
				return nil
			}
			return a.describe(args[0])
		},
	}
	cmd.Flags().BoolVar(&functions, "functions", false, "show the functions and units of expressions instead")
	cmd.Flags().BoolVar(&permissions, "permissions", false, "show what a scenario may be allowed instead")
	return cmd
}

func (a *app) printPermissions() {
	fmt.Fprint(a.out, "For permissions: in a scenario, and --allow of run and prove; harmless first.\n\n")
	for _, p := range actions.Permissions() {
		console.Hang(a.out, fmt.Sprintf("%-26s ", p), p.About())
	}
}

// describe prints one action in full, or a family's list.
func (a *app) describe(name string) error {
	if action, ok := catalog().Get(name); ok {
		a.printAction(action)
		return nil
	}
	var family []actions.Action
	var names []string
	for _, action := range catalog().All() {
		names = append(names, action.Name, action.Family())
		if action.Family() == name {
			family = append(family, action)
		}
	}
	if len(family) > 0 {
		a.listActions(family)
		return nil
	}
	if near := schema.Nearest(name, names); near != "" {
		return usagef("no action is called %q; did you mean %q?", name, near)
	}
	return usagef("no action is called %q; `isolab actions` lists them", name)
}

func (a *app) listActions(list []actions.Action) {
	for _, action := range list {
		console.Hang(a.out, fmt.Sprintf("%-22s ", action.Name), action.Summary)
	}
	fmt.Fprintln(a.out)
	console.Hang(a.out, "", "One in full: isolab actions <name>. Also: isolab actions --functions, --permissions")
}

func (a *app) printAction(action actions.Action) {
	fmt.Fprintf(a.out, "%s — %s.\n", action.Name, strings.TrimSuffix(action.Summary, "."))
	if action.Observes {
		fmt.Fprintln(a.out, "It only looks, so it may be repeated under eventually and always.")
	}
	if action.About != "" {
		fmt.Fprintln(a.out)
		console.Hang(a.out, "", strings.TrimSpace(action.About))
	}
	if fields := schema.Describe(action.Params); len(fields) > 0 {
		fmt.Fprintln(a.out, "\nKeys:")
		a.printFields(fields, "  ", true)
	}
	if fields := schema.DescribeResult(action.Result); len(fields) > 0 {
		fmt.Fprintln(a.out, "\nResult, for expressions:")
		a.printFields(fields, "  ", false)
	}
	if action.Example != "" {
		fmt.Fprintf(a.out, "\nExample:\n\n%s\n", indent(strings.TrimSpace(action.Example), "  "))
	}
}

// printFields prints the fields of a params or result struct, nested ones further in.
func (a *app) printFields(fields []schema.FieldDoc, margin string, params bool) {
	for _, field := range fields {
		notes := []string{field.Type}
		if params && field.Main {
			notes = append(notes, "main: a scalar in place of the map is this")
		}
		if params && field.Required {
			notes = append(notes, "required")
		}
		if params && len(field.Either) > 0 {
			notes = append(notes, strings.Join(field.Either, " or ")+" is required")
		}
		if len(field.Enum) > 0 {
			notes = append(notes, strings.Join(field.Enum, " | "))
		}
		if field.Default != "" {
			notes = append(notes, "default "+field.Default)
		}
		console.Hang(a.out, margin+field.Name+"  ", "("+strings.Join(notes, "; ")+")")
		if field.Doc != "" {
			console.Hang(a.out, margin+"    ", field.Doc)
		}
		a.printFields(field.Fields, margin+"  ", params)
	}
}

func (a *app) printFunctions() {
	fmt.Fprint(a.out, `Units are literals: 150MiB 1.5GiB 64KiB 512B · 250ms 5s 1m30s · 10% · 0.5cpu
· 1MiB/s.
Names: params, case, item (in a foreach), result (the step's own), and every as.
Operators (brackets say what belongs together):
    a.b  a[0]  a[-1]  a[1:3]  a?.b   of a group of fields, a list, a map;
                                     ?. where b may be missing
    not  -                           not true; negative
    **  * / %  + -                   of numbers and of quantities that fit:
                                     10MiB / 2s == 5MiB/s
    == != < <= > >=                  also in a row: 1MiB < a.size <= 2MiB
    in  not in                       an item of a list, a key of a map
    contains startsWith endsWith     of text; matches takes a regular expression
    and && or || ?? ? :              a?.b ?? c is c where a or its b is missing;
                                     a ? b : c
unlimited stands for no limit: mem.memory.limit == unlimited.
Text stands in quotes.

`)
	for _, f := range expr.Functions() {
		fmt.Fprintln(a.out, f.Signature)
		console.Hang(a.out, "    ", f.Doc)
		if f.Example != "" {
			fmt.Fprintf(a.out, "    %s\n", f.Example)
		}
	}
}

func indent(text, margin string) string {
	return margin + strings.ReplaceAll(text, "\n", "\n"+margin)
}

func (a *app) schemaCommand() *cobra.Command {
	var keys bool
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of scenario files, or explain every key",
		Example: `  isolab schema > scenario.schema.json
  isolab schema --keys`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if keys {
				a.printFields(schema.Describe(reflect.TypeFor[schema.Scenario]()), "", true)
				return nil
			}
			data, err := jsonSchema()
			if err != nil {
				return err
			}
			_, err = a.out.Write(data)
			return err
		},
	}
	cmd.Flags().BoolVar(&keys, "keys", false, "print every key of a scenario and what it means, for people")
	return cmd
}

// jsonSchema is the schema of scenario files with every action of the binary.
func jsonSchema() ([]byte, error) {
	var docs []schema.ActionDoc
	for _, action := range catalog().All() {
		docs = append(docs, schema.ActionDoc{Name: action.Name, Summary: action.Summary, Params: action.Params})
	}
	var permissions []string
	for _, p := range actions.Permissions() {
		permissions = append(permissions, string(p))
	}
	return schema.JSONSchema(docs, permissions)
}
