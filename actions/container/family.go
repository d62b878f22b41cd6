package container

import "isolab/actions"

// Actions lists the family's actions in the order of a container's life.
func Actions() []actions.Action {
	return []actions.Action{Start, Run, Exec, Stop, Kill, Pause, Unpause, Update, Wait, Remove, Logs, Top, Inspect, Stats}
}
