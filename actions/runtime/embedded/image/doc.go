// Package image keeps container images on disk for the embedded runtime: fetched
// from a registry, or loaded from an OCI layout directory or a `docker save`
// tarball. Reading the formats is go-containerregistry's; unpacking is package
// layer's.
//
// The store is content addressed and safe for several processes at once:
//
//	<dir>/layers/<sha256 of the uncompressed layer>/   as overlayfs takes it
//	<dir>/images/<name, escaped>.json                  what a reference stands for
//	<dir>/lock                                         held while layers come or go
//
// A layer appears under its name complete or not at all.
package image
