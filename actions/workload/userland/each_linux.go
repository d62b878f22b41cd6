package userland

import (
	"io"
	"os"
	"path/filepath"

	"isolab/actions/workload/applet"
)

// each does something to every operand, reports what fails, and goes on.
func each(c *applet.Call, operands []string, do func(string) error) (code int) {
	for _, operand := range operands {
		if err := do(operand); err != nil {
			code = c.Fail(err)
		}
	}
	return code
}

// eachInput hands every file named, "-" and no name for the standard input, to
// do.
func eachInput(c *applet.Call, names []string, do func(name string, r io.Reader) error) int {
	if len(names) == 0 {
		names = []string{"-"}
	}
	return each(c, names, func(name string) error {
		if name == "-" {
			return do(name, c.Stdin)
		}
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		return do(name, file)
	})
}

// tree does something to a path, or to everything below it first when
// recursive.
func tree(root string, recursive bool, do func(string) error) error {
	if !recursive {
		return do(root)
	}
	return filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return do(path)
	})
}
