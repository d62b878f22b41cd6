package receipt

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/sys/mountinfo"
)

// Host is every source of the machine's kernel: cgroups, mounts, processes, swap
// areas and loop devices. It reads below root, "/" for the live machine. Without
// root's rights other users' processes are not seen.
func Host(root string) []Source {
	m := machine{root}
	return []Source{{Cgroups, m.cgroups}, {Mounts, m.mounts}, {Processes, m.processes}, {Swaps, m.swaps}, {Loops, m.loops}}
}

// machine is where /proc and /sys are read.
type machine struct{ root string }

func (m machine) path(parts ...string) string {
	return filepath.Join(append([]string{m.root}, parts...)...)
}

func (m machine) mountinfo() ([]*mountinfo.Info, error) {
	file, err := os.Open(m.path("proc/self/mountinfo"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return mountinfo.GetMountsFromReader(file, nil)
}

// mounts lists this process's mount namespace (proc_pid_mountinfo(5)).
func (m machine) mounts(context.Context) ([]Item, error) {
	infos, err := m.mountinfo()
	var items []Item
	for _, info := range infos {
		detail := info.FSType + " " + info.Source
		if info.Root != "/" {
			detail += " " + info.Root
		}
		items = append(items, Item{Name: info.Mountpoint, ID: fmt.Sprint(info.ID), Detail: detail})
	}
	return items, err
}

// swaps lists /proc/swaps (proc_swaps(5)), where a space in a name is \040.
func (m machine) swaps(context.Context) ([]Item, error) {
	file, err := os.Open(m.path("proc/swaps"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // a kernel without swap
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var items []Item
	lines := bufio.NewScanner(file)
	for lines.Scan(); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 1 {
			items = append(items, Item{Name: strings.ReplaceAll(fields[0], `\040`, " "), Detail: fields[1]})
		}
	}
	return items, lines.Err()
}

// loops lists the loop devices that have a file behind them (loop(4)), by
// /sys/block/loop<n>/loop/backing_file.
func (m machine) loops(context.Context) ([]Item, error) {
	const file = "loop/backing_file"
	paths, err := filepath.Glob(m.path("sys/block/loop*", file))
	var items []Item
	for _, path := range paths {
		backing, readErr := os.ReadFile(path)
		if readErr != nil {
			continue // detached meanwhile
		}
		device := filepath.Base(strings.TrimSuffix(path, "/"+file))
		items = append(items, Item{Name: "/dev/" + device, ID: strings.TrimSpace(string(backing)), Detail: strings.TrimSpace(string(backing))})
	}
	return items, err
}
