//go:build linux

package embedded_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"

	imagename "github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"isolab/actions/runtime"
	"isolab/actions/runtime/embedded"
	"isolab/schema/unit"
)

// member is a file of a layer made for a test.
type member struct {
	name, text, link string
	mode             int64
}

func tarLayer(t *testing.T, members ...member) v1.Layer {
	t.Helper()
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for _, m := range members {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: m.name, Size: int64(len(m.text)), Mode: m.mode | 0o444}
		switch {
		case strings.HasSuffix(m.name, "/"):
			header.Typeflag, header.Mode = tar.TypeDir, 0o755
		case m.link != "":
			header.Typeflag, header.Linkname = tar.TypeSymlink, m.link
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, m.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buffer.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	return layer
}

// testImage is an image of two layers around this test's program.
func testImage(t *testing.T) v1.Image {
	t.Helper()
	program, err := os.ReadFile(executable)
	if err != nil {
		t.Fatal(err)
	}
	bottom := tarLayer(t, member{name: "bin/isolab-workload", text: string(program), mode: 0o755}, member{name: "etc/passwd", text: "lesson:x:321:321::/home/lesson:/bin/sh\n"},
		member{name: "etc/group", text: "lesson:x:321:\nextra:x:999:lesson\n"}, member{name: "gone", text: "x"}, member{name: "dir/old", text: "x"}, member{name: "proc/", link: ""})
	top := tarLayer(t, member{name: ".wh.gone"}, member{name: "dir/.wh..wh..opq"}, member{name: "dir/new", text: "new"}, member{name: "etc/hostname", link: "/etc/passwd"})
	image, err := mutate.AppendLayers(empty.Image, bottom, top)
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", goruntime.GOARCH
	config.Config = v1.Config{Entrypoint: []string{"/bin/isolab-workload", "tool"}, Cmd: []string{"id"}, User: "lesson", WorkingDir: "/work/here", Env: []string{"FROM=image"}}
	image, err = mutate.ConfigFile(image, config)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// runImage runs a container of an image that is in the store.
func runImage(t *testing.T, rt *embedded.Runtime, spec runtime.Spec) string {
	t.Helper()
	spec.Name = name()
	spec.CgroupPath = "isolab-test-" + spec.Name
	defer removeRunGroup(t, spec.CgroupPath)
	defer func() {
		if err := rt.Remove(bounded(t), spec.Name); err != nil {
			t.Error(err)
		}
	}()
	if _, err := rt.Create(bounded(t), spec); err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(bounded(t), spec.Name); err != nil {
		t.Fatal(err)
	}
	exit, err := rt.Wait(bounded(t), spec.Name)
	var out bytes.Buffer
	if err := errors.Join(err, rt.Logs(bounded(t), spec.Name, &out, &out)); err != nil || exit.Code != 0 {
		t.Fatalf("%+v, %v: %s", exit, err, out.String())
	}
	return strings.TrimSpace(out.String())
}

// behaves checks what a container sees of the test image.
func behaves(t *testing.T, rt *embedded.Runtime, ref string) {
	t.Helper()
	if got := runImage(t, rt, runtime.Spec{Image: ref}); got != "321 321 [999] /work/here" {
		t.Errorf("the image's own command says %q", got)
	}
	if got := runImage(t, rt, runtime.Spec{Image: ref, Command: []string{"ls", "/dir"}}); got != "new" {
		t.Errorf("/dir has %q", got)
	}
	if got := runImage(t, rt, runtime.Spec{Image: ref, Command: []string{"ls", "/"}}); strings.Contains(got, "gone") {
		t.Errorf("/ has %q", got)
	}
	// The image's /etc/hostname is a link to its passwd; the runtime's file
	// takes its place and does not go through it.
	if got := runImage(t, rt, runtime.Spec{Image: ref, User: "0", Hostname: "h", Command: []string{"cat", "/etc/hostname", "/etc/passwd"}}); !strings.HasPrefix(got, "h\nlesson:") {
		t.Errorf("files are %q", got)
	}
	if got := runImage(t, rt, runtime.Spec{Image: ref, User: "0", StorageMax: 256 * unit.MiB, Command: []string{"ls", "/dir"}}); got != "new" {
		t.Errorf("with a bounded layer /dir has %q", got)
	}
	if got := runImage(t, rt, runtime.Spec{Image: ref, User: "0", UserNS: "private", Command: []string{"cat", "/proc/self/uid_map"}}); strings.Join(strings.Fields(got), " ") != "0 1073741824 65536" {
		t.Errorf("uid_map is %q", got)
	}
}

func TestImages_pull(t *testing.T) {
	rt := newRuntime(t)
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	ref := strings.TrimPrefix(server.URL, "http://") + "/course/lesson:1"
	parsed, err := imagename.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(parsed, testImage(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := rt.Images().Resolve(bounded(t), ref); !errors.Is(err, runtime.ErrNotFound) {
		t.Fatalf("before the pull: %v", err)
	}
	var told []string
	pulled, err := rt.Images().Pull(bounded(t), ref, func(line string) { told = append(told, line) })
	if err != nil || len(told) != 2 || pulled.Size == 0 || !strings.HasPrefix(pulled.ID, "sha256:") {
		t.Fatalf("%+v, %q, %v", pulled, told, err)
	}
	behaves(t, rt, ref)
	if again, err := rt.Images().Resolve(bounded(t), pulled.ID); err != nil || again.ID != pulled.ID {
		t.Errorf("by id: %+v, %v", again, err)
	}
	if err := rt.Images().Remove(bounded(t), ref, "sha256:another"); err != nil {
		t.Fatal(err)
	}
	if _, err := rt.Images().Resolve(bounded(t), ref); err != nil {
		t.Fatalf("another image of that name was removed: %v", err)
	}
	if err := rt.Images().Remove(bounded(t), ref, pulled.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := rt.Images().Resolve(bounded(t), ref); !errors.Is(err, runtime.ErrNotFound) {
		t.Errorf("after the removal: %v", err)
	}
	if err := rt.Images().Remove(bounded(t), ref, ""); err != nil {
		t.Errorf("second removal: %v", err)
	}
}

func TestImages_load(t *testing.T) {
	rt := newRuntime(t)
	image, dir := testImage(t), t.TempDir()
	index, err := layout.Write(filepath.Join(dir, "oci"), empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := index.AppendImage(image); err != nil {
		t.Fatal(err)
	}
	tag, err := imagename.NewTag("course/lesson:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := tarball.WriteToFile(filepath.Join(dir, "saved.tar"), tag, image); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "oci"), filepath.Join(dir, "saved.tar")} {
		contents, err := rt.Images().Contents(bounded(t), path)
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := rt.Images().Load(bounded(t), path)
		if err != nil {
			t.Fatal(err)
		}
		behaves(t, rt, path)
		if len(contents) != 1 || contents[0].ID != loaded.ID {
			t.Fatalf("was to bring %+v, and brought %+v", contents, loaded)
		}
		if err := rt.Images().Remove(bounded(t), contents[0].Ref, contents[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := rt.Images().Resolve(bounded(t), path); !errors.Is(err, runtime.ErrNotFound) {
			t.Errorf("after the removal: %v", err)
		}
	}
	copied, err := embedded.New(embedded.Options{StateDir: t.TempDir(), DataDir: t.TempDir(), Executable: executable, NoOverlay: true})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "saved.tar")
	if _, err := copied.Images().Load(bounded(t), path); err != nil {
		t.Fatal(err)
	}
	behaves(t, copied, path)
}

func TestImages_otherProcessor(t *testing.T) {
	rt := newRuntime(t)
	config, err := empty.Image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", "s390x"
	image, err := mutate.ConfigFile(empty.Image, config)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "saved.tar")
	tag, err := imagename.NewTag("x")
	if err != nil {
		t.Fatal(err)
	}
	if err := tarball.WriteToFile(path, tag, image); err != nil {
		t.Fatal(err)
	}
	if _, err := rt.Images().Load(bounded(t), path); !errors.Is(err, runtime.ErrUnsupported) || !strings.Contains(err.Error(), "s390x") {
		t.Errorf("%v", err)
	}
}

func TestImages_build(t *testing.T) {
	if _, err := newRuntime(t).Images().Build(bounded(t), ".", "x", nil); !errors.Is(err, runtime.ErrUnsupported) {
		t.Error(err)
	}
}

// A program that needs a loader cannot be the image workload, and info says so before
// a container is made.
func TestInfoTellsOfADynamicProgram(t *testing.T) {
	const program = "/bin/sh"
	for path, want := range map[string]string{executable: "", program: "dynamically linked"} {
		if path == program && static(path) {
			continue
		}
		rt, err := embedded.New(embedded.Options{StateDir: t.TempDir(), DataDir: t.TempDir(), Executable: path})
		if err != nil {
			t.Fatal(err)
		}
		defer rt.Close()
		info, err := rt.Info(t.Context())
		if err != nil {
			t.Skip(err)
		}
		if (info.NoWorkload == "") != (want == "") || !strings.Contains(info.NoWorkload, want) {
			t.Errorf("%s: %q, want %q", path, info.NoWorkload, want)
		}
	}
}
