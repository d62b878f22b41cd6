// Package disk is the applet that reads and writes a file in blocks and reports
// operations and bytes per second, which is what lessons about io.max and
// blkio.throttle compare. With --direct the blocks bypass the page cache (open(2),
// O_DIRECT), so that the limit meets each of them; without, it shows write-back.
package disk
