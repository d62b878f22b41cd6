package probe

import (
	"strings"

	"isolab/actions/workload/applet"
)

func runSyscall(c *applet.Call) int {
	flags := c.Flags()
	json := flags.Bool("json", false, "report as a JSON array")
	list := flags.Bool("list", false, "list the system calls that can be tried, and with which arguments")
	if code, ok := c.Parse(flags); !ok {
		return code
	}
	calls := newCalls()
	if *list {
		for _, s := range calls {
			c.Printf("%-20s %s\n", s.name, s.about)
		}
		return applet.OK
	}
	wanted, unknown := pick(calls, c.Args)
	if unknown != "" {
		return c.Usagef("cannot try %q; --list names what can be", unknown)
	}
	answers := []answer{}
	for _, s := range wanted {
		a, err := attempt(s.name, s.try, s.harmless...)
		if err != nil {
			return c.Fail(err)
		}
		if answers = append(answers, a); !*json {
			a.print(c)
		}
	}
	if *json {
		c.JSON(answers)
	}
	return applet.OK
}

// pick selects calls by name, all of them when there are no names.
func pick(calls []*call, names []string) (picked []*call, unknown string) {
	if len(names) == 0 {
		return calls, ""
	}
	for _, name := range names {
		found := false
		for _, s := range calls {
			if strings.EqualFold(s.name, name) {
				picked, found = append(picked, s), true
			}
		}
		if !found {
			return nil, name
		}
	}
	return picked, ""
}
