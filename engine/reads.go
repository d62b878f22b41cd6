package engine

import (
	"slices"
	"strings"
)

// reads finds, for each step, which fields of its result some expression reads:
// what a person would have to look at.
func (c *compiler) reads() {
	byName := map[string][]string{}
	for _, program := range c.program.programs {
		for _, path := range program.Paths() {
			if name, field, ok := strings.Cut(path, "."); ok {
				name, _, _ = strings.Cut(name, "[") // an item of a foreach: all[0]
				byName[name] = append(byName[name], field)
			}
		}
	}
	for _, list := range [][]*step{c.program.steps, c.program.finally} {
		for _, s := range list {
			fields := slices.Clone(byName[s.As])
			for _, claim := range s.claims {
				for _, path := range claim.program.Paths() {
					if field, ok := strings.CutPrefix(path, "result."); ok {
						fields = append(fields, field)
					}
				}
			}
			slices.Sort(fields)
			s.reads = slices.Compact(fields)
		}
	}
}
