package memory

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"isolab/schema/unit"
)

// Region is anonymous memory outside the Go heap. Nothing of it is resident
// until it is touched.
type Region struct {
	pages []byte
	page  int // bytes per page
}

// Map reserves size bytes, rounded up to whole pages. It fails with ENOMEM when
// the address space is limited (setrlimit(2), RLIMIT_AS) or overcommit is off.
func Map(size unit.Size) (*Region, error) {
	page := os.Getpagesize()
	length := (int(size) + page - 1) / page * page
	const prot, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS
	pages, err := unix.Mmap(-1, 0, length, prot, flags)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", size, err)
	}
	// EINVAL from a kernel without huge pages is as good.
	_ = unix.Madvise(pages, unix.MADV_NOHUGEPAGE)
	return &Region{pages: pages, page: page}, nil
}

// Len is the number of bytes mapped.
func (r *Region) Len() int { return len(r.pages) }

// Bytes is the mapped memory itself, aligned to a page.
func (r *Region) Bytes() []byte { return r.pages }

// Touch writes value to one byte of every page from offset from up to to, which
// is cut at the end of the region.
func (r *Region) Touch(from, to int, value byte) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	warmSignalStack()
	for i := from; i < min(to, len(r.pages)); i += r.page {
		r.pages[i] = value
	}
}

// Sum reads one byte of every page and adds them up.
func (r *Region) Sum() (sum uint64) {
	for i := 0; i < len(r.pages); i += r.page {
		sum += uint64(r.pages[i])
	}
	return sum
}

// Unmap gives the memory back; the region is not to be used any more.
func (r *Region) Unmap() error { return unix.Munmap(r.pages) }

// warmSignalStack has this thread handle a signal, so that the pages of its signal
// stack are there. Go's scheduler signals a thread that runs for long, and the kernel
// itself writes the signal's frame to that stack. Where it may charge no page for it
// and kills nobody either (v1's memory.oom_control), the program would end with
// SIGSEGV, while a page that the program itself touches is waited for.
func warmSignalStack() { _ = unix.Tgkill(unix.Getpid(), unix.Gettid(), unix.SIGURG) }
