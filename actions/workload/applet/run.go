package applet

import (
	"os"
	"slices"
	"strings"
)

// Find returns the applet of the given name from several families.
func Find(families [][]Applet, name string) (Applet, bool) {
	for _, family := range families {
		for i := range family {
			if family[i].Name == name {
				return family[i], true
			}
		}
	}
	return Applet{}, false
}

// Sorted joins families into one list, by name.
func Sorted(families [][]Applet) []Applet {
	all := slices.Concat(families...)
	slices.SortFunc(all, func(a, b Applet) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Start runs the applet as this process: with its name as the process's name,
// its signals as a C program has them, its streams the process's own.
func (a Applet) Start(args []string) (code int) {
	settle(a)
	return a.Run(&Call{Applet: a, Args: args, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr})
}
