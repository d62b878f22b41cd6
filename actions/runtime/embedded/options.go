package embedded

import (
	"os"
	"path/filepath"
)

// Options say where a runtime keeps things. The zero value is right for users.
type Options struct {
	// StateDir holds what is known of containers: small files, best on a tmpfs.
	// Default: /run/isolab for root, else $XDG_RUNTIME_DIR/isolab.
	StateDir string
	// DataDir holds writable layers, volumes and images, best on a real disk, so
	// that limits on block devices hold for them. Default: /var/lib/isolab for
	// root, else $XDG_DATA_HOME/isolab or ~/.local/share/isolab.
	DataDir string
	// Executable is this program, which must call [Reexec] first thing in main.
	// Every user must be able to reach and execute it. Default: /proc/self/exe.
	Executable string
	// NoOverlay copies images to memory instead of mounting overlayfs, which also
	// happens by itself where the kernel or DataDir's file system lacks it.
	NoOverlay bool
	// LogMax is how many bytes are kept of each of a container's output streams;
	// the rest is counted. Default: 1 MiB.
	LogMax int64
}

func (o Options) withDefaults() Options {
	if o.StateDir == "" {
		o.StateDir = defaultDir("/run/isolab", "XDG_RUNTIME_DIR", os.TempDir())
	}
	if o.DataDir == "" {
		home, _ := os.UserHomeDir()
		o.DataDir = defaultDir("/var/lib/isolab", "XDG_DATA_HOME", filepath.Join(home, ".local", "share"))
	}
	if o.Executable == "" {
		o.Executable = "/proc/self/exe"
	}
	if o.LogMax == 0 {
		o.LogMax = 1 << 20
	}
	return o
}

func defaultDir(forRoot, variable, otherwise string) string {
	if os.Geteuid() == 0 {
		return forRoot
	}
	if dir := os.Getenv(variable); dir != "" {
		return filepath.Join(dir, "isolab")
	}
	return filepath.Join(otherwise, "isolab")
}
