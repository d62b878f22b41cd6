package cgroup

import "isolab/actions"

// Actions lists the family's actions in the order of a group's life.
func Actions() []actions.Action {
	return []actions.Action{Create, Set, Read, ReadFile, List, Attach, Run, Freeze, Thaw, Kill, Remove}
}
