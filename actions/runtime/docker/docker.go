package docker

import (
	"context"
	"sync"

	"github.com/docker/docker/api/types/system"
	"github.com/docker/docker/client"

	"isolab/actions/runtime"
)

// Options say which daemon to talk to and what the built-in image is made of.
// The zero value is right for a program that is the built-in image itself.
type Options struct {
	// Host is the daemon's address, as in DOCKER_HOST: unix:///run/docker.sock,
	// tcp://host:2376, npipe:////./pipe/docker_engine. Empty takes DOCKER_HOST,
	// else the endpoint of the docker command's current context, else the
	// platform's default.
	Host string
	// Executable is the static Linux binary that becomes the image "workload".
	// Empty is the running program.
	Executable string
	// WorkloadTag names the built-in image in the daemon. Empty is
	// isolab/workload:<12 hexadecimal digits of its content>.
	WorkloadTag string
	// Labels are put on the images that are built.
	Labels map[string]string
}

// Runtime runs containers on one daemon. It is safe for concurrent use.
type Runtime struct {
	options  Options
	host     string
	client   *client.Client
	contact  chan struct{} // holds one token; whoever has it may negotiate
	greeted  bool          // guarded by contact: the API version is agreed on
	info     *system.Info  // guarded by contact: what the daemon last said of itself
	watchers watchers
	images   *images
	making   making
	pace     float64 // patience is multiplied by it
}

var (
	_ runtime.Runtime   = (*Runtime)(nil)
	_ runtime.Sandboxer = (*Runtime)(nil)
)

// New prepares a client without connecting: whether a daemon answers shows in
// the first call. It fails when the address cannot be understood.
func New(options Options) (*Runtime, error) {
	host, err := address(options.Host)
	if err != nil {
		return nil, err
	}
	c, err := newClient(host)
	if err != nil {
		return nil, err
	}
	r := &Runtime{options: options, host: host, client: c, contact: make(chan struct{}, 1), pace: 1}
	r.watchers.byID = map[string]*watcher{}
	r.images = &images{runtime: r, builtin: sync.OnceValues(func() (*builtin, error) { return newBuiltin(options) })}
	return r, nil
}

// Name is "docker".
func (r *Runtime) Name() string { return "docker" }

// Images is the daemon's store of images.
func (r *Runtime) Images() runtime.Images { return r.images }

// Close lets go of idle connections and of the counters of containers that are
// still watched. It stops and removes nothing.
func (r *Runtime) Close() error {
	r.watchers.stopAll()
	return r.client.Close()
}

// greet agrees on the API version, once. Several callers may wait here for a
// daemon that is slow; each of them for no longer than its own context allows.
func (r *Runtime) greet(ctx context.Context) error {
	if err := r.lock(ctx); err != nil {
		return err
	}
	defer r.unlock()
	if r.greeted {
		return nil
	}
	ping, err := r.client.Ping(ctx)
	if err != nil {
		return err
	}
	if ping.APIVersion == "" {
		return errStranger
	}
	r.client.NegotiateAPIVersionPing(ping)
	r.greeted = true
	return nil
}

// known is what the daemon says of itself, asked once.
func (r *Runtime) known(ctx context.Context) (system.Info, error) {
	if err := r.lock(ctx); err != nil {
		return system.Info{}, err
	}
	defer r.unlock()
	if r.info != nil {
		return *r.info, nil
	}
	info, err := r.askInfo(ctx)
	if err != nil {
		return info, err
	}
	r.info = &info
	return info, nil
}

func (r *Runtime) lock(ctx context.Context) error {
	select {
	case r.contact <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Runtime) unlock() { <-r.contact }
