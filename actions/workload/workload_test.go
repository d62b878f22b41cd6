package workload_test

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"isolab/actions/workload"
)

func TestApplets_areSortedAndDescribed(t *testing.T) {
	applets := workload.Applets()
	if !slices.IsSortedFunc(applets, func(a, b workload.Applet) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("not sorted by name")
	}
	for i, a := range applets {
		if i > 0 && applets[i-1].Name == a.Name {
			t.Errorf("%s is there twice", a.Name)
		}
		if a.Summary == "" || strings.HasSuffix(a.Summary, ".") {
			t.Errorf("%s: summary %q must be a phrase without a full stop", a.Name, a.Summary)
		}
		if first := strings.Fields(a.Example)[0]; first != a.Name && !strings.Contains(a.Example, a.Name) {
			t.Errorf("%s: example %q does not use it", a.Name, a.Example)
		}
		if strings.Trim(a.Name, "abcdefghijklmnopqrstuvwxyz-[") != "" {
			t.Errorf("%q is no name for an applet", a.Name)
		}
	}
}

func TestMain_leavesOtherNamesAlone(t *testing.T) {
	for _, argv := range [][]string{nil, {"isolab"}, {"/usr/bin/isolab", "ps"}, {"isolab.test"}, {""}} {
		if _, handled := workload.Main(argv); handled {
			t.Errorf("%q was taken for an applet", argv)
		}
	}
}

func TestFiles(t *testing.T) {
	files := map[string]workload.File{}
	for _, f := range workload.Files() {
		if _, twice := files[f.Path]; twice || !path.IsAbs(f.Path) || path.Clean(f.Path) != f.Path {
			t.Errorf("%q: twice, relative, or not clean", f.Path)
		}
		if parent, known := files[path.Dir(f.Path)]; f.Path != "/" && (!known || !parent.Mode.IsDir()) {
			t.Errorf("%s comes before its directory", f.Path)
		}
		if (f.Link != "") != (f.Mode&fs.ModeSymlink != 0) {
			t.Errorf("%s: mode %s with link %q", f.Path, f.Mode, f.Link)
		}
		files[f.Path] = f
	}
	for _, a := range workload.Applets() {
		if link := files["/bin/"+a.Name]; path.Join("/bin", link.Link) != workload.Binary {
			t.Errorf("/bin/%s links to %q", a.Name, link.Link)
		}
	}
	if mode := files["/tmp"].Mode; mode != fs.ModeDir|fs.ModeSticky|0o777 {
		t.Errorf("/tmp has mode %s", mode)
	}
	for _, want := range []string{"/proc", "/sys", "/dev", "/etc", "/var", "/run", "/root"} {
		if !files[want].Mode.IsDir() {
			t.Errorf("%s is missing", want)
		}
	}
	if passwd := string(files["/etc/passwd"].Data); !strings.Contains(passwd, "student:x:1000:1000:") {
		t.Errorf("no student in\n%s", passwd)
	}
	if _, there := files[workload.Binary]; there {
		t.Error("the binary is the caller's to write")
	}
}
