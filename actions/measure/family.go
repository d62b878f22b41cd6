package measure

import "isolab/actions"

// Actions lists the family's actions.
func Actions() []actions.Action { return []actions.Action{Sample} }
