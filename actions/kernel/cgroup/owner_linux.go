package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/moby/sys/user"
)

// Files lists the group's directories and the files in them, by hierarchy and
// name, with their owners; names come from <root>/etc/passwd and /etc/group.
// Groups below are not listed.
//
// By hand: ls -l in each directory.
func (g *Group) Files() ([]Entry, error) {
	var entries []Entry
	names := newNames(g.host.root)
	for _, m := range g.members {
		found, err := os.ReadDir(m.dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list files of cgroup %s: %w", g.Name(), err)
		}
		paths := []string{m.dir}
		for _, f := range found {
			if !f.IsDir() {
				paths = append(paths, filepath.Join(m.dir, f.Name()))
			}
		}
		for _, path := range paths {
			entry, err := names.entry(m, path)
			if err != nil {
				return nil, fmt.Errorf("list files of cgroup %s: %w", g.Name(), err)
			}
			entries = append(entries, entry)
		}
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("list files of cgroup %s: %w", g.Name(), fs.ErrNotExist)
	}
	return entries, nil
}

// names remembers the owners met so far.
type names struct {
	root          string
	users, groups map[int]string
}

func newNames(root string) names {
	return names{root: root, users: map[int]string{}, groups: map[int]string{}}
}

func (n names) entry(m member, path string) (Entry, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Entry{}, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return Entry{}, fmt.Errorf("%s: no owner", path)
	}
	name := info.Name()
	if path == m.dir {
		name = "."
	}
	controller := unifiedKey
	if m.tree.version == V1 {
		controller = strings.Join(m.tree.controllers, ",")
	}
	return Entry{Name: name, Path: path, Controller: controller, Mode: info.Mode().String(),
		UID: int(st.Uid), GID: int(st.Gid), User: n.user(int(st.Uid)), Group: n.group(int(st.Gid))}, nil
}

func (n names) user(uid int) string {
	if n.users[uid] == "" {
		n.users[uid] = strconv.Itoa(uid)
		found, err := user.ParsePasswdFileFilter(filepath.Join(n.root, "etc/passwd"), func(u user.User) bool { return u.Uid == uid })
		if err == nil && len(found) > 0 {
			n.users[uid] = found[0].Name
		}
	}
	return n.users[uid]
}

func (n names) group(gid int) string {
	if n.groups[gid] == "" {
		n.groups[gid] = strconv.Itoa(gid)
		found, err := user.ParseGroupFileFilter(filepath.Join(n.root, "etc/group"), func(g user.Group) bool { return g.Gid == gid })
		if err == nil && len(found) > 0 {
			n.groups[gid] = found[0].Name
		}
	}
	return n.groups[gid]
}
