package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"isolab/actions"
	"isolab/actions/kernel/cgroup"
)

// enclosure is the cgroup of a run's commands on this machine, below the run's own.
const enclosure = "isolab.commands"

// trees remembers where the v2 tree of a machine is mounted, by its root directory;
// empty where there is none.
var trees sync.Map

// Enclose makes sure that the journal knows of the run's processes on this machine,
// and gives them a cgroup: one that wipes its environment and leaves its session is
// still found there, also after a SIGKILL of isolab. The caller closes the
// directory; it is nil where this user or machine has no v2 cgroups, and then only
// the nonce in the environment marks them.
func Enclose(env *actions.Env) (*os.File, error) {
	if err := Journal(env); err != nil {
		return nil, err
	}
	tree := treeOf(env.Root)
	if os.Geteuid() != 0 || tree == "" || env.Run.Cgroup == "" {
		return nil, nil
	}
	if !env.Ledger.Holds("cgroup", env.Run.Cgroup) {
		if err := env.Ledger.Intend("cgroup", env.Run.Cgroup, nil); err != nil {
			return nil, fmt.Errorf("journal the run's cgroup: %w", err)
		}
	}
	dir, err := os.Open(filepath.Join(tree, env.Run.Cgroup, enclosure))
	if !errors.Is(err, os.ErrNotExist) {
		return dir, err
	}
	host, err := cgroup.Open(env.Root)
	if err != nil {
		return nil, err
	}
	group, err := host.Create(filepath.Join(env.Run.Cgroup, enclosure), cgroup.Options{Controllers: []string{"pids"}})
	if err != nil {
		return nil, fmt.Errorf("enclose the run's commands: %w", err)
	}
	return group.OpenDir()
}

func treeOf(root string) string {
	if known, ok := trees.Load(root); ok {
		return known.(string)
	}
	tree := ""
	if host, err := cgroup.Open(root); err == nil && host.Supports("pids") == nil && cgroup.ClonesInto() {
		tree = host.Unified()
	}
	trees.Store(root, tree)
	return tree
}
