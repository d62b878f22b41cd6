package docker_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"isolab/actions/runtime"
	"isolab/actions/runtime/docker"
	"isolab/schema/unit"
)

// container names a container that is removed at the end of the test.
func container(t *testing.T, r *docker.Runtime) string {
	name := "isolab-docker-test-" + nonce()
	t.Cleanup(func() {
		if err := r.Remove(background(t), name); err != nil {
			t.Error(err)
		}
	})
	return name
}

func resolved(t *testing.T, r *docker.Runtime) runtime.Image {
	t.Helper()
	image, err := r.Images().Resolve(background(t), "workload")
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func TestInfo(t *testing.T) {
	i, err := open(t).Info(background(t))
	if err != nil {
		t.Fatal(err)
	}
	if i.OS != "linux" || i.API == "" || i.Version == "" || i.HostIsVM || !slices.Contains(i.Isolation, "process") || i.DataRoot == "" {
		t.Errorf("%+v", i)
	}
}

// Two runtimes over the same binary make the same image, and the tag that was
// announced is what is made.
func TestWorkloadImage(t *testing.T) {
	first, second := open(t), open(t)
	if first.Images().Made() == second.Images().Made() {
		t.Fatal("the tests share a tag")
	}
	one, two := resolved(t, first), resolved(t, second)
	if one.ID != two.ID || one.OS != "linux" || one.Ref != "workload" {
		t.Errorf("%+v and %+v", one, two)
	}
	if err := first.Images().Remove(background(t), "workload", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Images().Resolve(background(t), first.Images().Made()); !errors.Is(err, runtime.ErrNotFound) {
		t.Errorf("after its removal: %v", err)
	}
	if _, err := second.Images().Resolve(background(t), second.Images().Made()); err != nil {
		t.Errorf("the other tag: %v", err)
	}
}

// What a name stands for by now is removed only when it is the image that was
// asked for, and when no container uses it.
func TestRemoveImage_thatIsSomebodyElses(t *testing.T) {
	r := open(t)
	image, made := resolved(t, r), r.Images().Made()
	name := container(t, r)
	if _, err := r.Create(background(t), runtime.Spec{Name: name, Image: "workload"}); err != nil {
		t.Fatal(err)
	}
	if err := r.Images().Remove(background(t), made, image.ID); !errors.Is(err, runtime.ErrConflict) {
		t.Errorf("used by a container: %v", err)
	}
	if err := r.Remove(background(t), name); err != nil {
		t.Fatal(err)
	}
	other := "sha256:" + strings.Repeat("0", 64)
	for _, asked := range [][2]string{{made, other}, {image.ID, image.ID}} {
		if err := r.Images().Remove(background(t), asked[0], asked[1]); err != nil {
			t.Errorf("%s as %s: %v", asked[0], asked[1], err)
		}
		if _, err := r.Images().Resolve(background(t), made); err != nil {
			t.Fatalf("%s as %s: it is gone: %v", asked[0], asked[1], err)
		}
	}
	if err := r.Images().Remove(background(t), made, image.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Images().Resolve(background(t), made); !errors.Is(err, runtime.ErrNotFound) {
		t.Errorf("after its removal: %v", err)
	}
}

// A `docker save` tarball and an OCI layout of the same image load as that image.
// A daemon with containerd's image store goes by the digest of the manifest instead
// of the configuration's, and makes a manifest of its own for what had none.
func TestLoad(t *testing.T) {
	r := open(t)
	want := resolved(t, r)
	saved := filepath.Join(t.TempDir(), "saved.tar")
	if out, err := exec.Command("docker", "save", "--output", saved, r.Images().Made()).CombinedOutput(); err != nil {
		t.Fatalf("docker save: %v: %s", err, out)
	}
	dir := filepath.Join(t.TempDir(), "layout")
	image, err := tarball.ImageFromPath(saved, nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.AppendImage(image); err != nil {
		t.Fatal(err)
	}
	configuration, err := image.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{saved, dir} {
		got, err := r.Images().Load(background(t), path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		contents, err := r.Images().Contents(background(t), path)
		if want.ID == configuration.String() && (err != nil || len(contents) != 1 || contents[0].ID != got.ID) {
			t.Errorf("%s was to bring %+v, %v, and brought %s", path, contents, err, got.ID)
		}
		sameID := path == saved || want.ID == configuration.String()
		if sameID && got.ID != want.ID || got.Ref != path {
			t.Errorf("%s loads as %+v, want %s", path, got, want.ID)
		}
		if out := runs(t, r, runtime.Spec{Image: path, Command: []string{"echo", "hello"}}); out != "hello\n" {
			t.Errorf("%s runs as %q", path, out)
		}
	}
}

func runs(t *testing.T, r *docker.Runtime, spec runtime.Spec) string {
	t.Helper()
	spec.Name = container(t, r)
	ctx := background(t)
	_, err := r.Create(ctx, spec)
	if err == nil {
		err = r.Start(ctx, spec.Name)
	}
	if err == nil {
		_, err = r.Wait(ctx, spec.Name)
	}
	var out bytes.Buffer
	if err == nil {
		err = r.Logs(ctx, spec.Name, &out, io.Discard)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestLoadRubbish(t *testing.T) {
	r := open(t)
	path := filepath.Join(t.TempDir(), "rubbish.tar")
	if err := os.WriteFile(path, bytes.Repeat([]byte("rubbish "), 1000), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, t.TempDir(), "/does-not-be"} {
		if _, err := r.Images().Load(background(t), path); err == nil || errors.Is(err, runtime.ErrUnavailable) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestBuild(t *testing.T) {
	r := open(t)
	resolved(t, r)
	dir, tag := t.TempDir(), "isolab/build-test:"+nonce()
	text := "FROM " + r.Images().Made() + "\nCOPY greeting /greeting\nCMD [\"cat\", \"/greeting\"]\n"
	for name, text := range map[string]string{"Dockerfile": text, "greeting": "built\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := r.Images().Remove(background(t), tag, ""); err != nil {
			t.Error(err)
		}
	})
	var told []string
	image, err := r.Images().Build(background(t), dir, tag, func(line string) { told = append(told, line) })
	if err != nil || image.Ref != tag || len(told) == 0 {
		t.Fatalf("%+v %v, told %q", image, err, told)
	}
	if out := runs(t, r, runtime.Spec{Image: tag}); out != "built\n" {
		t.Errorf("runs as %q", out)
	}
}

func TestBuildFails(t *testing.T) {
	r := open(t)
	resolved(t, r)
	dir := t.TempDir()
	text := "FROM " + r.Images().Made() + "\nCOPY missing /missing\n"
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := r.Images().Build(background(t), dir, "isolab/build-test:"+nonce(), nil)
	if err == nil || errors.Is(err, runtime.ErrUnavailable) || !strings.Contains(err.Error(), "missing") {
		t.Errorf("error is %v", err)
	}
}

// Whoever did not start a container can still wait for it, and learns how it ended.
func TestWaitFromAnotherProcess(t *testing.T) {
	r := open(t)
	resolved(t, r)
	other, err := docker.New(docker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	ctx, name, size := background(t), container(t, r), 32*unit.MiB
	spec := runtime.Spec{Name: name, Image: "workload", Limits: runtime.Limits{Memory: &size},
		Command: []string{"sh", "-c", "sleep 1; exec eatmemory 200MiB"}}
	if _, err := r.Create(ctx, spec); err != nil {
		t.Fatal(err)
	}
	if err := r.Start(ctx, name); err != nil {
		t.Fatal(err)
	}
	exit, err := other.Wait(ctx, name)
	if err != nil || exit.Code != 137 || !exit.OOMKilled || exit.Final.OOMKills < 1 || exit.Final.MemoryPeak <= 0 {
		t.Errorf("%+v %v", exit, err)
	}
}

func TestHostSeesProcesses(t *testing.T) {
	r := open(t)
	resolved(t, r)
	ctx, name := background(t), container(t, r)
	if _, err := r.Create(ctx, runtime.Spec{Name: name, Image: "workload", Command: []string{"sleep", "60"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.HostSeesProcesses(ctx, name); !errors.Is(err, runtime.ErrNotRunning) {
		t.Errorf("before the start: %v", err)
	}
	if err := r.Start(ctx, name); err != nil {
		t.Fatal(err)
	}
	if sees, err := r.HostSeesProcesses(ctx, name); !sees || err != nil {
		t.Errorf("%v %v", sees, err)
	}
}

// A caller that gives up while the daemon makes a container, and then removes it, has
// no container: also not a moment later.
func TestGivingUpLeavesNothing(t *testing.T) {
	r := open(t)
	resolved(t, r)
	label := map[string]string{"isolab-docker-test": nonce()}
	for i := range 16 {
		name := container(t, r)
		ctx, cancel := context.WithTimeout(background(t), time.Duration(i)*3*time.Millisecond)
		_, err := r.Create(ctx, runtime.Spec{Name: name, Image: "workload", Command: []string{"sleep", "60"}, Labels: label})
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		cancel()
		if err := r.Remove(background(t), name); err != nil {
			t.Error(err)
		}
	}
	time.Sleep(time.Second) // what a daemon does late, it does by then
	if left, err := r.List(background(t), "isolab-docker-test", label["isolab-docker-test"]); err != nil || len(left) > 0 {
		t.Errorf("left %q, %v", left, err)
	}
}
