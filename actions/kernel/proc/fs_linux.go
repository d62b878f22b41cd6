package proc

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// FS is /proc and /sys below one root directory. It holds no state and is safe
// for concurrent use.
type FS struct {
	root string
	proc procfs.FS
}

// Open takes the directory that proc, sys and etc are in: "/" for this machine,
// or a copied tree. The error wraps fs.ErrNotExist when it has no proc.
func Open(root string) (*FS, error) {
	dir := filepath.Join(root, "proc")
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("open proc: %w", err)
	}
	proc, err := procfs.NewFS(dir)
	if err != nil {
		return nil, fmt.Errorf("open proc: %w", err)
	}
	return &FS{root: root, proc: proc}, nil
}

// path is a file below the root.
func (f *FS) path(elements ...string) string {
	return filepath.Join(append([]string{f.root}, elements...)...)
}

// of is a file of one process.
func (f *FS) of(pid int, elements ...string) string {
	return f.path(append([]string{"proc", strconv.Itoa(pid)}, elements...)...)
}

// text is a file's content without the white space around it, "" when it cannot
// be read.
func (f *FS) text(elements ...string) string {
	text, err := os.ReadFile(f.path(elements...))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
