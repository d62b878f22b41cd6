package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// goPackage is what `go list` says of a package.
type goPackage struct {
	ImportPath string
	Imports    []string
}

// rooms says, for each room of the house, which of our own rooms it may import: an
// entry stands for the package and all below it, one that ends in "!" for the
// package alone. The longest room that holds a package decides. What a room may
// import is also what engine/README.md, the map, says.
var rooms = map[string][]string{
	"isolab/schema":                      {"isolab/schema"},
	"isolab/actions":                     {"isolab/schema", "isolab/actions/runtime!"},
	"isolab/actions/actionstest":         {"isolab/schema", "isolab/actions!", "isolab/actions/runtime!"},
	"isolab/actions/runtime":             {"isolab/schema"},
	"isolab/actions/runtime/docker":      {"isolab/schema", "isolab/actions/runtime!", "isolab/actions/kernel", "isolab/actions/workload"},
	"isolab/actions/runtime/embedded":    {"isolab/schema", "isolab/actions/runtime!", "isolab/actions/kernel", "isolab/actions/workload", "isolab/actions/runtime/embedded"},
	"isolab/actions/runtime/runtimetest": {"isolab/schema", "isolab/actions/runtime!", "isolab/actions/kernel"},
	"isolab/actions/kernel":              {"isolab/schema", "isolab/actions/kernel", "isolab/actions/signal"},
	"isolab/actions/workload":            {"isolab/schema", "isolab/actions/workload"},
	"isolab/actions/machine":             {"isolab/schema", "isolab/actions/kernel", "isolab/actions/runtime!"},
	"isolab/actions/output":              {"isolab/schema"},
	"isolab/actions/shell":               {},
	"isolab/actions/signal":              {},
	"isolab/actions/command":             {"isolab/schema", "isolab/actions!", "isolab/actions/output", "isolab/actions/signal", "isolab/actions/kernel"},
	"isolab/actions/target":              {"isolab/schema", "isolab/actions!", "isolab/actions/runtime!", "isolab/actions/kernel", "isolab/actions/signal"},
	"isolab/engine":                      {"isolab/schema", "isolab/actions!", "isolab/actions/runtime!", "isolab/engine"},
	"isolab/scenarios":                   {},
	"isolab/cmd":                         {"isolab"},
}

// family is what every action family may import besides itself: the contract and
// the shelves that families share; never another family, and never a runtime's
// implementation.
var family = []string{"isolab/schema", "isolab/actions!", "isolab/actions/runtime!", "isolab/actions/kernel",
	"isolab/actions/target", "isolab/actions/command", "isolab/actions/output", "isolab/actions/shell", "isolab/actions/signal",
	"isolab/actions/machine", "isolab/actions/workload"}

// families are the rooms that hold verbs.
var familyNames = []string{"container", "image", "cgroup", "host", "measure", "flow"}

// owners lists the heavy libraries and the one room that may import each.
var owners = map[string]string{
	"gopkg.in/yaml.v3":                       "isolab/schema",
	"github.com/expr-lang/expr":              "isolab/engine/expr",
	"github.com/docker/docker":               "isolab/actions/runtime/docker",
	"github.com/containerd/cgroups":          "isolab/actions/kernel/cgroup",
	"github.com/charmbracelet/lipgloss":      "isolab/cmd",
	"github.com/spf13/cobra":                 "isolab/cmd",
	"github.com/google/go-containerregistry": "isolab/actions/runtime/embedded",
	"github.com/elastic/go-seccomp-bpf":      "isolab/actions/runtime/embedded",
}

// TestImportsPointOneWay holds the code against the map: who may import whom.
func TestImportsPointOneWay(t *testing.T) {
	for _, p := range listPackages(t) {
		for _, imported := range p.Imports {
			if owner := ownerOf(imported); owner != "" && !within(p.ImportPath, owner) {
				t.Errorf("%s imports %s, which only %s may", p.ImportPath, imported, owner)
			}
			if !strings.HasPrefix(imported, "isolab/") || within(imported, p.ImportPath) {
				continue
			}
			if why := forbidden(p.ImportPath, imported); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, imported, why)
			}
		}
	}
}

// forbidden says why a package may not import another; empty when it may.
func forbidden(from, to string) string {
	room, allowed := roomOf(from)
	if room == "" {
		return "it is not on the map"
	}
	if within(to, room) && room != "isolab/actions" && room != "isolab/actions/runtime" {
		return ""
	}
	for _, entry := range allowed {
		exact, only := strings.CutSuffix(entry, "!")
		if to == exact || !only && within(to, entry) {
			return ""
		}
	}
	return room + " may not"
}

// roomOf finds the room of a package, and what may be imported there.
func roomOf(path string) (room string, allowed []string) {
	for _, name := range familyNames {
		if within(path, "isolab/actions/"+name) {
			return "isolab/actions/" + name, family
		}
	}
	for name, list := range rooms {
		if within(path, name) && len(name) > len(room) {
			room, allowed = name, list
		}
	}
	return room, allowed
}

func ownerOf(imported string) string {
	for library, owner := range owners {
		if within(imported, library) || strings.HasPrefix(imported, library+"/") {
			return owner
		}
	}
	return ""
}

func within(path, room string) bool { return path == room || strings.HasPrefix(path, room+"/") }

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "isolab/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := decoder.Decode(&p); err == io.EOF {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
