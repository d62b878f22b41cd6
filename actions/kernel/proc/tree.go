package proc

import "slices"

// Children lists the processes whose parent is the given one, by id.
func (f *FS) Children(pid int) ([]Summary, error) {
	all, err := f.Processes()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(s Summary) bool { return s.PPID != pid }), nil
}

// Descendants lists the children of a process, theirs, and so on, each after its
// parent. A process whose parent has ended belongs to another one by then (init,
// or a subreaper) and is not found; a cgroup finds it.
func (f *FS) Descendants(pid int) ([]Summary, error) {
	all, err := f.Processes()
	if err != nil {
		return nil, err
	}
	return below(all, pid), nil
}

// Node is a process with its children, for printing a tree.
type Node struct {
	Summary
	Children []Node
}

// Tree is a process with all that descends from it. The error wraps [ErrGone]
// when there is no such process.
func (f *FS) Tree(pid int) (Node, error) {
	all, err := f.Processes()
	if err != nil {
		return Node{}, err
	}
	i := slices.IndexFunc(all, func(s Summary) bool { return s.PID == pid })
	if i < 0 {
		return Node{}, ErrGone
	}
	return node(byParent(all), all[i]), nil
}

func node(children map[int][]Summary, of Summary) Node {
	n := Node{Summary: of}
	for _, child := range children[of.PID] {
		n.Children = append(n.Children, node(children, child))
	}
	return n
}

func byParent(all []Summary) map[int][]Summary {
	children := map[int][]Summary{}
	for _, s := range all {
		if s.PPID != s.PID { // a list taken while ids change could close a circle
			children[s.PPID] = append(children[s.PPID], s)
		}
	}
	return children
}

func below(all []Summary, pid int) (found []Summary) {
	children := byParent(all)
	seen := map[int]bool{pid: true}
	queue := children[pid]
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		if !seen[next.PID] {
			seen[next.PID] = true
			found = append(found, next)
			queue = append(queue, children[next.PID]...)
		}
	}
	return found
}
