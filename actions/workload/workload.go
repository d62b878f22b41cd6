package workload

import (
	"io"
	"path"
	"path/filepath"
	"strings"

	"isolab/actions/workload/applet"
	"isolab/actions/workload/disk"
	"isolab/actions/workload/memory"
	"isolab/actions/workload/network"
	"isolab/actions/workload/probe"
	"isolab/actions/workload/process"
	"isolab/actions/workload/shell"
	"isolab/actions/workload/stress"
	"isolab/actions/workload/userland"
)

// Binary is where the image holds the isolab binary; all of /bin links to it.
// Called by this name it takes the applet from its first argument.
const Binary = "/bin/isolab-workload"

// Applet describes one command of the image, for links and documentation.
type Applet struct {
	Name, Summary string
	Usage         string // the command line behind the name
	Example       string // a whole command line that works in the image
}

// families lists every applet; it is a function, so that a process that is no
// applet pays nothing for it.
func families() [][]applet.Applet {
	return [][]applet.Applet{
		disk.Applets(), memory.Applets(), network.Applets(), probe.Applets(),
		process.Applets(), shell.Applets(), stress.Applets(), userland.Applets(),
	}
}

// Applets lists the commands of the image by name. The list is the same on every
// system; on others than Linux, most of them only say that they do not run there.
func Applets() []Applet {
	var all []Applet
	for _, a := range applet.Sorted(families()) {
		all = append(all, Applet{Name: a.Name, Summary: a.Summary, Usage: a.Usage, Example: a.Example})
	}
	return all
}

// Options is what an applet's own help says of its options, a line each; empty where
// it has none, or is not for this system.
func (a Applet) Options() string {
	found, ok := applet.Find(families(), a.Name)
	if !ok || !strings.Contains(a.Usage, "--") {
		return ""
	}
	var help strings.Builder
	found.Run(&applet.Call{Applet: found, Args: []string{"--help"}, Stdout: &help, Stderr: io.Discard})
	_, options, _ := strings.Cut(help.String(), "\n\n  ")
	return strings.TrimSuffix("  "+options, "\n")
}

// Main runs the applet that argv[0] names, and reports whether there is one. It
// is to be called before anything else in main, as it takes the process over: it
// turns the garbage collector down, renames the process and gives signals their
// default actions. argv may be a link's ("/bin/ps", "-e"), the image binary's
// ("/bin/isolab-workload", "ps", "-e") or the rest of "isolab workload ps -e".
func Main(argv []string) (code int, handled bool) {
	if len(argv) == 0 {
		return 0, false
	}
	name := base(argv[0])
	if name == path.Base(Binary) {
		return dispatch(argv[1:]), true
	}
	found, ok := applet.Find(families(), name)
	if !ok {
		return 0, false
	}
	return found.Start(argv[1:]), true
}

// base is the last element of a path, without the dash that login(1) puts before
// a shell's name.
func base(argv0 string) string {
	return strings.TrimPrefix(filepath.Base(argv0), "-")
}
