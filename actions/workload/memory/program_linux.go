package memory

import (
	"bufio"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// forgetProgram takes this program's own pages out of the resident set: code and
// constants that the start of a large binary has touched (15 MiB of the 34 MiB
// isolab) and that would be read as memory the applet uses. They come back, 64 KiB
// at a time, where they are needed again. Only what is mapped from the file and
// never written is dropped (madvise(2), MADV_DONTNEED on proc_pid_maps(5) r--p and
// r-xp), so nothing can be lost; where it fails, the number is only less exact.
func forgetProgram() {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close()
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		fields := strings.Fields(lines.Text()) // address perms offset dev inode path
		if len(fields) >= 6 && fields[1][1] == '-' && strings.Join(fields[5:], " ") == self {
			forget(fields[0])
		}
	}
}

// forget drops the pages of one range, "55d0c000-55d0f000".
func forget(span string) {
	from, to, _ := strings.Cut(span, "-")
	start, err1 := strconv.ParseUint(from, 16, 64)
	end, err2 := strconv.ParseUint(to, 16, 64)
	if err1 == nil && err2 == nil {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, uintptr(start), uintptr(end-start), unix.MADV_DONTNEED)
	}
}
