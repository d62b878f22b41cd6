package docker

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/system"

	"isolab/actions/runtime"
)

// Create makes a container. A limit that the daemon would leave out is an error,
// and nothing is left behind then.
//
// By hand: docker create --name <name> …
func (r *Runtime) Create(ctx context.Context, spec runtime.Spec) (runtime.Created, error) {
	var created runtime.Created
	err := r.call(ctx, steady, "create container "+spec.Name, func(ctx context.Context) (err error) {
		created, err = uncut(ctx, &r.making, spec.Name, func(ctx context.Context) (runtime.Created, error) { return r.create(ctx, spec) })
		return err
	})
	if err != nil {
		return runtime.Created{}, err
	}
	return created, nil
}

func (r *Runtime) create(ctx context.Context, spec runtime.Spec) (runtime.Created, error) {
	info, err := r.known(ctx)
	if err != nil {
		return runtime.Created{}, err
	}
	image, err := r.images.reference(spec.Image)
	if err != nil {
		return runtime.Created{}, own(err)
	}
	host, err := r.prepare(spec, info)
	if err != nil {
		return runtime.Created{}, own(err)
	}
	response, err := r.client.ContainerCreate(ctx, config(spec, image), host, nil, nil, spec.Name)
	if err != nil {
		return runtime.Created{}, refusedStorage(spec, info, err)
	}
	return runtime.Created{ID: response.ID, Warnings: response.Warnings}, r.accept(ctx, spec, info, response)
}

func (r *Runtime) prepare(spec runtime.Spec, info system.Info) (*container.HostConfig, error) {
	if spec.Name == "" {
		return nil, errors.New("a container needs a name")
	}
	if info.OSType == windows {
		if err := linuxOnly(spec); err != nil {
			return nil, err
		}
	}
	if err := enforceable(spec.Limits, info); err != nil {
		return nil, err
	}
	return hostConfig(spec, info)
}

// accept looks at what the daemon has made, and takes it away again when that is
// not what was asked for.
func (r *Runtime) accept(ctx context.Context, spec runtime.Spec, info system.Info, response container.CreateResponse) error {
	if response.ID == "" {
		return errors.New("the daemon made a container without an id")
	}
	err := dropped(response.Warnings, spec.Limits, r.swapless(info))
	if err == nil {
		return nil
	}
	return errors.Join(own(err), r.remove(ctx, spec.Name))
}

// refusedStorage explains a quota that the daemon's storage driver cannot keep.
func refusedStorage(spec runtime.Spec, info system.Info, err error) error {
	if spec.StorageMax > 0 && says(err, "storage-opt", "storage opt", "quota") {
		return unsupported("a size of the writable layer: %s (storage driver %s); "+
			"overlay2 on xfs mounted with pquota keeps one, and a sized tmpfs mount works everywhere", words(err), info.Driver)
	}
	return err
}

// snapshotter is in DriverStatus of a daemon that leaves images and layers to
// containerd, the default since Docker 29.
var snapshotter = [2]string{"driver-type", "io.containerd.snapshotter.v1"}

// keepsSizes fails where the daemon would take a size of the writable layer and
// then forget about it: containerd's Linux snapshotters have none.
func keepsSizes(info system.Info) error {
	if info.OSType == windows || !slices.Contains(info.DriverStatus, snapshotter) {
		return nil
	}
	return unsupported("a size of the writable layer: the daemon keeps layers in containerd (%s), which knows no quota; "+
		"a sized tmpfs mount works everywhere", info.Driver)
}

// labelVolume is the label of a volume that was made along with a container; its
// value is that container's name.
const labelVolume = "isolab.volume-of"

func volumeLabels(spec runtime.Spec) map[string]string {
	labels := maps.Clone(spec.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[labelVolume] = spec.Name
	return labels
}

// swapless reports a machine that we can see and that has no swap: proc(5),
// /proc/swaps has a heading and a line for each area.
func (r *Runtime) swapless(info system.Info) bool {
	text, err := os.ReadFile("/proc/swaps")
	return err == nil && !hostIsVM(r.host, info) && strings.Count(string(text), "\n") <= 1
}
