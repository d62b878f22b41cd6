// Package docker runs containers through a daemon that speaks the Docker Engine
// API: Docker from 20.10 (API 1.41) on, and Podman's compatible socket.
//
// The daemon is a witness, not the judge. What it says of a container (its exit
// code, whether memory ran out) is taken together with what the kernel counted:
// while a container that this package started is alive, a watcher holds its
// cgroup's counter files open and reads them a last time when the main process
// ends, before the cgroup disappears. The cgroup is always found through the
// kernel, never built as a string from the container's id.
//
// A daemon can be gone, silent, slow or confused at any moment. Every call is
// bounded, and ends with runtime.ErrUnavailable when the daemon does not answer
// as a Docker daemon should; calls that may rightly last (starting, waiting,
// pulling, building) go on for as long as the daemon answers pings beside them.
//
// Engine API: https://docs.docker.com/reference/api/engine/
package docker
