package receipt

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// OwnDescriptors is a source of what this process has open
// (proc_pid_fd(5)), without those that ignore returns when asked, such as the
// journal's. A new one counts as left behind whichever run opened it, so take it
// around a session, or where runs do not overlap. Sockets, and what the Go runtime
// polls with, are listed and never count.
func OwnDescriptors(ignore func() []int) Source {
	return Source{Descriptors, func(context.Context) ([]Item, error) {
		const dir = "/proc/self/fd"
		entries, err := os.ReadDir(dir)
		var skip []int
		if ignore != nil {
			skip = ignore()
		}
		var items []Item
		for _, entry := range entries {
			target, readErr := os.Readlink(filepath.Join(dir, entry.Name()))
			fd, _ := strconv.Atoi(entry.Name())
			if readErr != nil || slices.Contains(skip, fd) {
				continue // the one that listed them is closed by now
			}
			items = append(items, Item{Name: fmt.Sprintf("%d %s", fd, target), Detail: use(target)})
		}
		return items, err
	}}
}

func use(target string) string {
	for _, prefix := range []string{"socket:", "anon_inode:[event", "anon_inode:[timerfd"} {
		if strings.HasPrefix(target, prefix) {
			return reused
		}
	}
	return ""
}
