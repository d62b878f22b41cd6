package flow

import "isolab/actions"

// Actions lists the family's actions.
func Actions() []actions.Action { return []actions.Action{Sleep, Pause, Note} }
