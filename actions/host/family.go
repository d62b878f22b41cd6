package host

import "isolab/actions"

// Actions lists the family's actions.
func Actions() []actions.Action {
	return []actions.Action{Processes, Process, Namespaces, Kill, Memory, CPU, Info, Exec, Swap, Disk}
}
