package cgroup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"isolab/actions"
	"isolab/actions/shell"
	"isolab/actions/target"
	"isolab/schema/unit"
)

// FileParams are the parameters of cgroup.file.
type FileParams struct {
	Container string `json:"container" doc:"Name of a container that runs." isolab:"main,either" example:"hungry"`
	Cgroup    string `json:"cgroup" doc:"Name of a cgroup that a step made, or the full name of one of the machine with a leading slash." isolab:"either" example:"small"`
	File      string `json:"file" doc:"Name of the file, as the kernel calls it; two names with a bar between them are for cgroup v2 and v1." isolab:"required" example:"memory.max|memory.limit_in_bytes"`
}

// FileResult is the result of cgroup.file.
type FileResult struct {
	Path  string           `json:"path" expr:"path" doc:"Absolute path of the file."`
	Text  string           `json:"text" expr:"text" doc:"Its content without the last line break."`
	Value int64            `json:"value" expr:"value" doc:"The content where it is a single number; max is the largest number."`
	Size  unit.Size        `json:"size" expr:"size" doc:"The same number as a size, for files that hold bytes; the largest numbers are no limit."`
	Keys  map[string]int64 `json:"keys" expr:"keys" doc:"The numbers of a file with a name in each line, such as keys.oom_kill; deeper ones are joined by a dot."`
}

// Origins implements actions.Sourced.
func (r FileResult) Origins() map[string]string {
	origins := map[string]string{"text": r.Path, "value": r.Path, "size": r.Path}
	for key := range r.Keys {
		origins["keys."+key] = r.Path
	}
	return origins
}

// ReadFile is cgroup.file.
var ReadFile = actions.Define(actions.Spec[FileParams, FileResult]{
	Name:    "cgroup.file",
	Summary: "Read one file of a container's cgroup as the kernel shows it",
	About: `For lessons about the files themselves. Their names differ between cgroup v1 and v2: give both,
` + "`memory.max|memory.limit_in_bytes`" + `, and the one that is there is read; or use cgroup.read, which
has one vocabulary.`,
	Example: `cgroup.file: {container: hungry, file: memory.max|memory.limit_in_bytes}
as: limit
expect:
  - limit.size == 150MiB
`,
	Observes: true,
	Check: func(p FileParams, d actions.Declared) error {
		return errors.Join(where{p.Container, p.Cgroup}.check(d), checkFiles(p.File))
	},
	Shell: func(p FileParams, v actions.View) []string {
		names := fileNames(p.File)
		name := names[0]
		if !v2(v) && len(names) > 1 && !(hasTree(v) && controllerOf(v, name) == "unified") {
			name = names[1]
		}
		return []string{shell.Line("cat", where{p.Container, p.Cgroup}.byName(v, name))}
	},
	Run: file,
})

func file(ctx context.Context, env *actions.Env, p FileParams) (FileResult, error) {
	if err := checkFiles(p.File); err != nil {
		return FileResult{}, err
	}
	group, err := where{p.Container, p.Cgroup}.open(ctx, env)
	if err != nil {
		return FileResult{}, err
	}
	var errs []error
	for _, name := range fileNames(p.File) {
		f, err := group.ReadFile(name)
		if err == nil {
			return FileResult{Path: f.Path, Text: f.Text, Value: f.Value, Size: unit.Size(f.Value), Keys: f.Keys}, nil
		}
		errs = append(errs, target.Unsupported(err))
	}
	return FileResult{}, errors.Join(errs...)
}

// fileNames splits "v2 name|v1 name".
func fileNames(text string) []string { return strings.Split(text, "|") }

func checkFiles(text string) error {
	for _, name := range fileNames(text) {
		if text != "" && (name != filepath.Base(name) || strings.Trim(name, ". ") == "") {
			return fmt.Errorf("file %q: want a file name without a directory, such as memory.max", name)
		}
	}
	return nil
}
