// Package memory holds the applets that use memory, and use exactly as much as
// they say. The pages are mapped anonymously (mmap(2)) outside the Go heap and
// written one by one, for a page that was never written is charged to nobody.
// Huge pages are turned off for the region, so that it grows by 4 KiB and not by
// 2 MiB at a time.
package memory
