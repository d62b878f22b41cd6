// Package layer unpacks the layers of container images: tar archives from
// strangers, written to disk by root. Whatever an archive contains, nothing
// outside the target directory is read, written or linked to.
//
// Paths are resolved as the archive's author would see them after chroot(2), so
// links are followed inside the target and end there, whatever they say; every
// lookup is made by the kernel's openat2(2) with RESOLVE_IN_ROOT or, where that
// is missing, by the library pathrs-lite. A layer becomes a directory that
// overlayfs can take as it is, with its form of whiteouts
// (https://github.com/opencontainers/image-spec/blob/main/layer.md).
package layer
