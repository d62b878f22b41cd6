package image_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"isolab/actions/runtime/embedded/image"
	"isolab/actions/runtime/embedded/layer"
	"isolab/schema/testenv"
)

// forHere makes an image one for this machine.
func forHere(t *testing.T, base v1.Image, arch string) v1.Image {
	t.Helper()
	config, err := base.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", arch
	made, err := mutate.ConfigFile(base, config)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func someImage(t *testing.T, layers ...v1.Layer) v1.Image {
	t.Helper()
	base, err := mutate.AppendLayers(empty.Image, layers...)
	if err != nil {
		t.Fatal(err)
	}
	return forHere(t, base, goruntime.GOARCH)
}

func someLayer(t *testing.T) v1.Layer {
	t.Helper()
	l, err := random.Layer(5000, types.DockerLayer)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// saved writes an image as `docker save` does.
func saved(t *testing.T, i v1.Image) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "saved.tar")
	tag, err := name.NewTag("course/x:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := tarball.WriteToFile(path, tag, i); err != nil {
		t.Fatal(err)
	}
	return path
}

func layers(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "layers"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestStore_sharedLayersOutliveOneImage(t *testing.T) {
	testenv.Need(t, testenv.Root)
	ctx, dir := context.Background(), t.TempDir()
	store := image.Open(dir)
	common := someLayer(t)
	first, second := saved(t, someImage(t, common, someLayer(t))), saved(t, someImage(t, common))
	for _, path := range []string{first, second} {
		if _, err := store.Load(ctx, path); err != nil {
			t.Fatal(err)
		}
	}
	if got := layers(t, dir); len(got) != 2 {
		t.Fatalf("layers %v", got)
	}
	// What a process that died while unpacking has left goes, too.
	if err := os.Mkdir(filepath.Join(dir, "layers", "abc.new123"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := store.Remove(ctx, first); err != nil {
		t.Fatal(err)
	}
	found, err := store.Find(second)
	if err != nil {
		t.Fatal(err)
	}
	if got := layers(t, dir); !slices.Equal(got, found.Layers) {
		t.Errorf("layers %v, want %v", got, found.Layers)
	}
	for _, d := range store.LayerDirs(found) {
		if _, err := os.Stat(d); err != nil {
			t.Error(err)
		}
	}
	if err := store.Remove(ctx, second); err != nil {
		t.Fatal(err)
	}
	if got := layers(t, dir); len(got) != 0 {
		t.Errorf("layers %v", got)
	}
}

// liar promises another content than it has.
type liar struct {
	v1.Layer
	promised v1.Hash
}

func (l liar) DiffID() (v1.Hash, error) { return l.promised, nil }

func TestStore_refusesALayerWithAnotherDigest(t *testing.T) {
	testenv.Need(t, testenv.Root)
	ctx, dir := context.Background(), t.TempDir()
	other, err := someLayer(t).DiffID()
	if err != nil {
		t.Fatal(err)
	}
	_, err = image.Open(dir).Load(ctx, saved(t, someImage(t, liar{someLayer(t), other})))
	if !errors.Is(err, layer.ErrRefused) || !strings.Contains(err.Error(), "digest") {
		t.Errorf("%v", err)
	}
	if got := layers(t, dir); len(got) != 0 {
		t.Errorf("layers %v", got)
	}
}

func TestStore_choosesTheProcessorFromAnIndex(t *testing.T) {
	testenv.Need(t, testenv.Root)
	dir := t.TempDir()
	index, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	mine := someImage(t, someLayer(t))
	for arch, i := range map[string]v1.Image{"s390x": forHere(t, empty.Image, "s390x"), goruntime.GOARCH: mine} {
		if err := index.AppendImage(i, layout.WithPlatform(v1.Platform{OS: "linux", Architecture: arch})); err != nil {
			t.Fatal(err)
		}
	}
	got, err := image.Open(t.TempDir()).Load(context.Background(), dir)
	want, _ := mine.ConfigName()
	if err != nil || got.ID != want.String() {
		t.Errorf("%+v, %v; want %s", got, err, want)
	}
}

func TestStore_pullsAtOnce(t *testing.T) {
	testenv.Need(t, testenv.Root)
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	ref := strings.TrimPrefix(server.URL, "http://") + "/course/lesson:1"
	parsed, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(parsed, someImage(t, someLayer(t), someLayer(t))); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if _, err := image.Open(dir).Pull(context.Background(), ref, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := layers(t, dir); len(got) != 2 {
		t.Errorf("layers %v", got)
	}
}

func TestStore_pullFails(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	for _, ref := range []string{strings.TrimPrefix(server.URL, "http://") + "/no/such:1", "Not A Reference"} {
		if _, err := image.Open(t.TempDir()).Pull(context.Background(), ref, nil); err == nil || !strings.HasPrefix(err.Error(), "pull "+ref) {
			t.Errorf("%s: %v", ref, err)
		}
	}
}

func TestStore_loadOfNothing(t *testing.T) {
	store := image.Open(t.TempDir())
	for _, path := range []string{filepath.Join(t.TempDir(), "missing"), t.TempDir()} {
		if _, err := store.Load(context.Background(), path); err == nil {
			t.Errorf("%s was loaded", path)
		}
	}
	if _, err := store.Find("nothing"); !errors.Is(err, image.ErrNotFound) {
		t.Error(err)
	}
}
