package layer_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"isolab/actions/runtime/embedded/layer"
	"isolab/schema/testenv"
)

// entry is one member of an archive.
type entry struct {
	kind       byte
	name, link string
	text       string
	mode       int64
	uid        int
	xattrs     map[string]string
}

func archive(t testing.TB, entries ...entry) *bytes.Buffer {
	t.Helper()
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for _, e := range entries {
		header := &tar.Header{Typeflag: e.kind, Name: e.name, Linkname: e.link, Size: int64(len(e.text)), Mode: e.mode, Uid: e.uid, Gid: e.uid, Format: tar.FormatPAX}
		if e.mode == 0 {
			header.Mode = 0o755
		}
		for key, value := range e.xattrs {
			header.PAXRecords = map[string]string{"SCHILY.xattr." + key: value}
		}
		if e.kind == tar.TypeChar {
			header.Devmajor, header.Devminor = 1, 3
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &buffer
}

func file(name, text string) entry    { return entry{kind: tar.TypeReg, name: name, text: text} }
func dir(name string) entry           { return entry{kind: tar.TypeDir, name: name} }
func symlink(name, link string) entry { return entry{kind: tar.TypeSymlink, name: name, link: link} }
func hard(name, link string) entry    { return entry{kind: tar.TypeLink, name: name, link: link} }

// nest is a target with a canary beside it, which no archive may touch.
func nest(t testing.TB) (target, canary string) {
	t.Helper()
	testenv.Need(t, testenv.Root)
	top := t.TempDir()
	target, canary = filepath.Join(top, "target"), filepath.Join(top, "canary")
	if err := errors.Join(os.Mkdir(target, 0o755), os.Mkdir(canary, 0o755), os.WriteFile(filepath.Join(canary, "secret"), []byte("alive"), 0o600)); err != nil {
		t.Fatal(err)
	}
	return target, canary
}

// unharmed fails when the canary was changed, added to, or is reachable.
func unharmed(t *testing.T, target, canary string) {
	t.Helper()
	entries, err := os.ReadDir(canary)
	if err != nil || len(entries) != 1 {
		t.Fatalf("canary: %v, %v", entries, err)
	}
	text, err := os.ReadFile(filepath.Join(canary, "secret"))
	if err != nil || string(text) != "alive" {
		t.Fatalf("canary: %q, %v", text, err)
	}
	info, err := os.Stat(filepath.Join(canary, "secret"))
	if err != nil || info.Mode() != 0o600 || info.Sys() == nil {
		t.Fatalf("canary: %v, %v", info, err)
	}
	var stat unix.Stat_t
	if err := unix.Stat(filepath.Join(canary, "secret"), &stat); err != nil || stat.Nlink != 1 || stat.Uid != 0 {
		t.Fatalf("canary: %+v, %v", stat, err)
	}
	beside, err := os.ReadDir(filepath.Dir(target))
	if err != nil || len(beside) != 2 {
		t.Fatalf("beside the target: %v, %v", beside, err)
	}
}

// Archives that try to get out. What they make inside does not matter, as long
// as nothing outside is touched.
func TestUnpack_hostile(t *testing.T) {
	for name, entries := range map[string][]entry{
		"dots":                      {file("../canary/secret", "dead")},
		"many dots":                 {file("a/../../../../../canary/secret", "dead")},
		"absolute":                  {file("/canary/secret", "dead")},
		"through a symlink":         {symlink("out", "../canary"), file("out/secret", "dead"), file("out/new", "x")},
		"through an absolute link":  {symlink("out", "CANARY"), file("out/secret", "dead")},
		"through two links":         {symlink("a", ".."), symlink("b", "a/canary"), file("b/secret", "dead")},
		"through a loop":            {symlink("a", "b"), symlink("b", "a"), file("a/x", "dead")},
		"over a symlink":            {symlink("secret", "../canary/secret"), file("secret", "dead")},
		"directory over a link":     {symlink("out", "../canary"), dir("out"), file("out/secret", "dead")},
		"mode through a link":       {symlink("secret", "../canary/secret"), {kind: tar.TypeDir, name: "secret", mode: 0o777}},
		"hard link out":             {hard("secret", "../canary/secret"), file("secret", "dead")},
		"hard link absolute":        {hard("secret", "CANARY/secret"), file("secret", "dead")},
		"hard link through a link":  {symlink("out", "../canary"), hard("x", "out/secret"), file("x", "dead")},
		"hard link to a link":       {symlink("l", "../canary/secret"), hard("x", "l"), file("x", "dead")},
		"hard link to the root":     {hard("x", "/")},
		"whiteout out":              {file("../canary/.wh.secret", "")},
		"whiteout through a link":   {symlink("out", "../canary"), file("out/.wh.secret", "")},
		"whiteout of dots":          {file(".wh...", "")},
		"whiteout of nothing":       {file(".wh.", "")},
		"whiteout of the directory": {file("a/.wh..", "")},
		"opaque through a link":     {symlink("out", "../canary"), file("out/.wh..wh..opq", "")},
		"root is a file":            {file(".", "dead")},
		"root is a link":            {symlink("/", "../canary"), file("secret", "dead")},
		"proc link":                 {symlink("p", "/proc/self/cwd"), file("p/x", "dead")},
		"fd link":                   {symlink("p", "/proc/self/root/CANARY"), file("p/secret", "dead")},
		"dot names":                 {file("./././../canary/secret", "dead")},
		"long chain":                {symlink("l", strings.Repeat("../", 300)+"CANARY"), file("l/secret", "dead")},
	} {
		t.Run(name, func(t *testing.T) {
			target, canary := nest(t)
			for i := range entries {
				entries[i].link = strings.ReplaceAll(entries[i].link, "CANARY", canary)
			}
			_, err := layer.Unpack(context.Background(), archive(t, entries...), target, layer.Limits{})
			t.Log(err)
			unharmed(t, target, canary)
		})
	}
}

func TestUnpack_keeps(t *testing.T) {
	target, _ := nest(t)
	size, err := layer.Unpack(context.Background(), archive(t,
		dir("etc/"), file("etc/passwd", "root"), entry{kind: tar.TypeReg, name: "bin/su", text: "x", mode: 0o4755, uid: 7},
		hard("etc/shadow", "etc/passwd"), symlink("lib", "/usr/lib"), file("usr/lib/a", "a"), file("lib/b", "b"),
		entry{kind: tar.TypeFifo, name: "fifo"}, entry{kind: tar.TypeReg, name: "x", xattrs: map[string]string{"user.note": "n"}},
		file("etc/passwd2", "old"), file("etc/passwd2", "new"),
		entry{kind: tar.TypeDir, name: "tmp", mode: 0o1777}), target, layer.Limits{})
	if err != nil || size != 4+1+1+1+3+3 {
		t.Fatal(size, err)
	}
	for name, want := range map[string]fs.FileMode{"bin/su": fs.ModeSetuid | 0o755, "tmp": fs.ModeDir | fs.ModeSticky | 0o777, "fifo": fs.ModeNamedPipe | 0o755, "lib": fs.ModeSymlink | 0o777} {
		if info, err := os.Lstat(filepath.Join(target, name)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v; want %v", name, info, err, want)
		}
	}
	// The image's own absolute link leads inside, as it would after chroot.
	for name, want := range map[string]string{"usr/lib/b": "b", "etc/shadow": "root", "etc/passwd2": "new"} {
		if text, err := os.ReadFile(filepath.Join(target, name)); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v; want %q", name, text, err, want)
		}
	}
	var stat unix.Stat_t
	if err := unix.Stat(filepath.Join(target, "bin/su"), &stat); err != nil || stat.Uid != 7 {
		t.Errorf("owner %d, %v", stat.Uid, err)
	}
}

func TestUnpack_whiteouts(t *testing.T) {
	target, _ := nest(t)
	_, err := layer.Unpack(context.Background(), archive(t, file("etc/.wh.gone", ""), dir("var"), file("var/.wh..wh..opq", ""), file("var/new", "n")), target, layer.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var stat unix.Stat_t
	if err := unix.Lstat(filepath.Join(target, "etc/gone"), &stat); err != nil || stat.Mode&unix.S_IFMT != unix.S_IFCHR || stat.Rdev != 0 {
		t.Errorf("whiteout: %+v, %v", stat, err)
	}
	value := make([]byte, 8)
	if n, err := unix.Lgetxattr(filepath.Join(target, "var"), layer.OpaqueAttribute(), value); err != nil || string(value[:n]) != "y" {
		t.Errorf("opaque: %q, %v", value[:n], err)
	}
	lower := filepath.Join(t.TempDir(), "merged")
	if err := errors.Join(os.MkdirAll(filepath.Join(lower, "etc"), 0o755), os.MkdirAll(filepath.Join(lower, "var"), 0o755),
		os.WriteFile(filepath.Join(lower, "etc/gone"), nil, 0o644), os.WriteFile(filepath.Join(lower, "etc/stays"), nil, 0o644),
		os.WriteFile(filepath.Join(lower, "var/old"), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	if err := layer.Merge(target, lower); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"etc/gone": false, "etc/stays": true, "var/old": false, "var/new": true} {
		if _, err := os.Lstat(filepath.Join(lower, name)); (err == nil) != want {
			t.Errorf("%s: %v, want there: %v", name, err, want)
		}
	}
}

// A layer must not speak to overlayfs, nor bring devices along.
func TestUnpack_leavesOut(t *testing.T) {
	target, _ := nest(t)
	_, err := layer.Unpack(context.Background(), archive(t, entry{kind: tar.TypeChar, name: "null"}, entry{kind: tar.TypeBlock, name: "disk"},
		entry{kind: tar.TypeDir, name: "d", xattrs: map[string]string{"trusted.overlay.redirect": "/etc"}}), target, layer.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"null", "disk"} {
		if _, err := os.Lstat(filepath.Join(target, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n, err := unix.Lgetxattr(filepath.Join(target, "d"), "trusted.overlay.redirect", make([]byte, 64)); err == nil {
		t.Errorf("redirect of %d bytes", n)
	}
}

func TestUnpack_limits(t *testing.T) {
	for name, limits := range map[string]layer.Limits{"bytes": {Bytes: 10}, "entries": {Entries: 2}} {
		target, _ := nest(t)
		_, err := layer.Unpack(context.Background(), archive(t, file("a", "12345678"), file("b", "12345678"), file("c", "")), target, limits)
		if !errors.Is(err, layer.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnpack_cancelled(t *testing.T) {
	target, _ := nest(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := layer.Unpack(ctx, archive(t, file("a", "")), target, layer.Limits{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(archive(f, file("a/b", "x"), symlink("l", "../.."), hard("h", "a/b"), file("a/.wh.c", "")).Bytes())
	f.Add([]byte("not a tar"))
	f.Fuzz(func(t *testing.T, data []byte) {
		target, canary := nest(t)
		_, _ = layer.Unpack(context.Background(), bytes.NewReader(data), target, layer.Limits{Bytes: 1 << 20, Entries: 100})
		unharmed(t, target, canary)
	})
}
