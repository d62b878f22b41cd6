package docker

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"isolab/actions/runtime"
	"isolab/actions/workload"
)

// tinyELF is the smallest file that counts as a static Linux program for amd64:
// a header alone (elf(5)).
func tinyELF(t *testing.T, interpreter bool) string {
	t.Helper()
	elf := make([]byte, 64+56)
	copy(elf, "\x7fELF\x02\x01\x01")
	elf[16], elf[18], elf[20] = 2, 62, 1   // executable, x86-64, version
	elf[32], elf[52], elf[54] = 64, 64, 56 // program headers behind this one
	elf[58] = 64                           // size of a section header, none follows
	if interpreter {
		elf[56], elf[64] = 1, 3 // one program header, PT_INTERP
	}
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, elf, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBuiltinIsReproducible(t *testing.T) {
	path := tinyELF(t, false)
	var archives [2]bytes.Buffer
	for i := range archives {
		b, err := newBuiltin(Options{Executable: path})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.write(&archives[i]); err != nil {
			t.Fatal(err)
		}
		if want := "isolab/workload:" + b.layer[:12]; b.tag != want {
			t.Errorf("tag %q, want %q", b.tag, want)
		}
	}
	if !bytes.Equal(archives[0].Bytes(), archives[1].Bytes()) {
		t.Error("the same program made two different images")
	}
}

// The layer in the archive has the digest that the configuration promises, and
// holds the program and a link to it for each applet.
func TestBuiltinHoldsTogether(t *testing.T) {
	b, err := newBuiltin(Options{Executable: tinyELF(t, false), WorkloadTag: "some:tag"})
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := b.write(&archive); err != nil {
		t.Fatal(err)
	}
	files := untar(t, &archive)
	layer := files[b.layer+"/layer.tar"]
	digest := sha256.Sum256(layer)
	if hex.EncodeToString(digest[:]) != b.layer {
		t.Error("the layer has another digest than announced")
	}
	if !strings.Contains(string(files["manifest.json"]), `"some:tag"`) {
		t.Errorf("manifest %s", files["manifest.json"])
	}
	root := untar(t, bytes.NewReader(layer))
	for _, name := range []string{"bin/sh", "bin/eatmemory", "etc/passwd", strings.TrimPrefix(workload.Binary, "/")} {
		if _, ok := root[name]; !ok {
			t.Errorf("no %s in the image", name)
		}
	}
}

func untar(t *testing.T, r io.Reader) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	archive := tar.NewReader(r)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = data
	}
}

func TestBuiltinNeedsAStaticLinuxProgram(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		tinyELF(t, true): "dynamically linked",
		text:             "needs a Linux executable",
		"/does-not-be":   "no such file",
	} {
		r, _ := serve(t, map[string]http.HandlerFunc{"GET /info": gives(linuxInfo())})
		r.images.builtin = func() (*builtin, error) { return newBuiltin(Options{Executable: path}) }
		_, err := r.Images().Resolve(background(t), "workload")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "CGO_ENABLED=0") {
			t.Errorf("%s: %v, want %q and how to build one", path, err, want)
		}
		r.options.Executable = path
		if info, err := r.Info(background(t)); err != nil || !strings.Contains(info.NoWorkload, want) {
			t.Errorf("%s: info says %q (%v), want %q", path, info.NoWorkload, err, want)
		}
		if r.Images().Made() != "" {
			t.Errorf("%s: makes %q", path, r.Images().Made())
		}
	}
}

func TestBuiltinNeedsTheSameProcessor(t *testing.T) {
	arm := linuxInfo()
	arm["Architecture"] = "aarch64"
	for want, daemon := range map[string]object{"amd64, the daemon's machine is arm64": arm, "Linux containers": windowsInfo()} {
		r, _ := serve(t, map[string]http.HandlerFunc{"GET /info": gives(daemon)})
		r.images.builtin = func() (*builtin, error) { return newBuiltin(Options{Executable: tinyELF(t, false)}) }
		_, err := r.Images().Resolve(background(t), "workload")
		if !errors.Is(err, runtime.ErrUnsupported) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// The tables of contents of an archive name what the daemon will make of it.
func TestContents(t *testing.T) {
	const config, id = "{}", "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
	const tagged, untagged = `[{"Config":"c.json","RepoTags":["a:1","b:1"]}]`, `[{"Config":"./c.json"}]`
	index := func(name string) string {
		return `{"manifests":[{"annotations":{"org.opencontainers.image.ref.name":"` + name + `"}}]}`
	}
	for name, test := range map[string]struct {
		files      map[string]string
		containerd bool
		want       []runtime.Image
	}{
		"tags":               {map[string]string{"c.json": config, savedIndex: tagged, "index.json": index("1")}, false, []runtime.Image{{Ref: "a:1", ID: id}, {Ref: "b:1", ID: id}}},
		"no tag":             {map[string]string{"c.json": config, savedIndex: untagged}, false, []runtime.Image{{Ref: id, ID: id}}},
		"an index only":      {map[string]string{"index.json": index("a:1")}, false, []runtime.Image{{Ref: "a:1"}}},
		"containerd":         {map[string]string{"c.json": config, savedIndex: tagged}, true, []runtime.Image{{Ref: "a:1"}, {Ref: "b:1"}}},
		"no tag, containerd": {map[string]string{"c.json": config, savedIndex: untagged}, true, nil},
		"no image":           {map[string]string{"x": "y"}, false, nil},
	} {
		info := linuxInfo()
		if test.containerd {
			info["DriverStatus"] = [][2]string{snapshotter}
		}
		r, _ := serve(t, map[string]http.HandlerFunc{"GET /info": gives(info)})
		got, err := r.Images().Contents(background(t), saved(t, test.files))
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, test.want)
		}
	}
}

// saved is an archive with these files.
func saved(t *testing.T, files map[string]string) string {
	t.Helper()
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for name, text := range files {
		if err := putData(w, name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "saved.tar")
	if err := errors.Join(w.Close(), os.WriteFile(path, archive.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPullErrors(t *testing.T) {
	for words, want := range map[string]error{
		"manifest for nginx:0 not found: manifest unknown":                          runtime.ErrNotFound,
		"pull access denied for x, repository does not exist":                       runtime.ErrNotFound,
		"toomanyrequests: You have reached your pull rate limit":                    nil,
		"Get https://registry-1.docker.io/v2/: dial tcp: lookup x: no such host":    nil,
		"write /var/lib/docker/tmp/GetImageBlob1: no space left on device":          nil,
		"no matching manifest for linux/arm64/v8 in the manifest list entries":      runtime.ErrUnsupported,
		"image operating system \"windows\" cannot be used on this platform: no no": runtime.ErrUnsupported,
	} {
		r, _ := serve(t, map[string]http.HandlerFunc{"POST /images/create": streams(fmt.Sprintf("{\"status\":\"x\"}\n{\"error\":%q}", words))})
		_, err := r.Images().Pull(background(t), "i", nil)
		if err == nil || want != nil && !errors.Is(err, want) || want == nil && errors.Is(err, runtime.ErrUnavailable) {
			t.Errorf("%s: %v, want %v", words, err, want)
		}
	}
}

func TestPullTellsProgress(t *testing.T) {
	r, _ := serve(t, map[string]http.HandlerFunc{
		"POST /images/create":  streams(`{"status":"Pulling from x","id":"latest"}` + "\n" + `{"status":"Downloading","id":"abc","progress":"[=> ] 1/2"}`),
		"GET /images/x:1/json": gives(object{"Id": "sha256:1", "Size": 5, "Os": "linux", "Architecture": "arm64"}),
	})
	var told []string
	image, err := r.Images().Pull(background(t), "x:1", func(line string) { told = append(told, line) })
	if err != nil || image != (runtime.Image{Ref: "x:1", ID: "sha256:1", Size: 5, OS: "linux", Arch: "arm64"}) {
		t.Errorf("%+v %v", image, err)
	}
	if want := []string{"latest Pulling from x", "abc Downloading [=> ] 1/2"}; !slices.Equal(slices.Collect(trimmed(told)), want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

func trimmed(lines []string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, line := range lines {
			if !yield(strings.TrimSpace(line)) {
				return
			}
		}
	}
}

// A download that stops in the middle is not an image.
func TestPullCutOff(t *testing.T) {
	r, _ := serve(t, map[string]http.HandlerFunc{
		"POST /images/create": streams(`{"status":"Pulling"}` + "\n" + `{"status":"Downl`),
		"GET /images/x/json":  gives(object{"Id": "sha256:1"}),
	})
	if _, err := r.Images().Pull(background(t), "x", nil); !errors.Is(err, runtime.ErrUnavailable) {
		t.Errorf("error is %v", err)
	}
}

func TestIgnore(t *testing.T) {
	list, err := parseIgnore("# comment\n\n*.log\n!keep.log\nnode_modules\n**/tmp\nDockerfile\na/?.txt\n/rooted\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"x.log": true, "keep.log": false, "dir/x.log": false, "node_modules": true, "node_modules/a/b": true,
		"tmp": true, "a/b/tmp/c": true, "tmpfile": false, "Dockerfile": false, "a/b.txt": true, "a/bc.txt": false,
		"rooted": true, "main.go": false,
	} {
		if got := list.match(name); got != want {
			t.Errorf("%s: left out is %v, want %v", name, got, want)
		}
	}
}

func TestPackLeavesOutAndKeepsLinks(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"Dockerfile": "FROM scratch", "keep": "1", "drop.log": "2", ".dockerignore": "*.log"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/shadow", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := pack(&archive, dir); err != nil {
		t.Fatal(err)
	}
	files := untar(t, &archive)
	if _, dropped := files["drop.log"]; dropped || string(files["keep"]) != "1" || len(files["link"]) != 0 {
		t.Errorf("packed %q", files)
	}
}

func TestContextHost(t *testing.T) {
	dir := t.TempDir()
	digest := sha256.Sum256([]byte("rootless"))
	meta := filepath.Join(dir, "contexts", "meta", hex.EncodeToString(digest[:]))
	if err := os.MkdirAll(meta, 0o755); err != nil {
		t.Fatal(err)
	}
	put := func(path string, v any) {
		text, _ := json.Marshal(v)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(filepath.Join(meta, "meta.json"), object{"Name": "rootless", "Endpoints": object{"docker": object{"Host": "unix:///run/user/1000/docker.sock"}}})
	put(filepath.Join(dir, "config.json"), object{"currentContext": "rootless"})
	for name, want := range map[string]string{"": "unix:///run/user/1000/docker.sock", "rootless": "unix:///run/user/1000/docker.sock", "default": ""} {
		if got, err := contextHost(dir, name); got != want || err != nil {
			t.Errorf("context %q: %q %v", name, got, err)
		}
	}
	if _, err := contextHost(dir, "gone"); err == nil || !strings.Contains(err.Error(), `"gone"`) {
		t.Errorf("a context that is not there: %v", err)
	}
	if got, err := contextHost(t.TempDir(), ""); got != "" || err != nil {
		t.Errorf("no settings: %q %v", got, err)
	}
}

func TestAddressIsRefused(t *testing.T) {
	for _, host := range []string{"docker.sock", "ssh://user@host", "unix://", "://"} {
		if _, err := New(Options{Host: host}); err == nil || !strings.Contains(err.Error(), host) {
			t.Errorf("%q: %v", host, err)
		}
	}
}
