// Package image is the image actions: what `docker pull`, `build` and `load` do,
// on whichever runtime the run uses. What a run brings in it takes away again,
// and never an image that was there before.
package image
