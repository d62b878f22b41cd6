package memory

import (
	"os"
	"time"

	"isolab/actions/workload/applet"
	"isolab/schema/unit"
)

// meal is what the command line of eatmemory asks for.
type meal struct {
	size, chunk unit.Size
	rate        unit.Rate // 0: as fast as it goes
	hold        time.Duration
	exit        bool
}

func runEatmemory(c *applet.Call) int {
	m, code, ok := parseMeal(c)
	if !ok {
		return code
	}
	applet.EndOnSignals()
	forgetProgram()
	region, err := Map(m.size)
	if err != nil {
		return c.Fail(err)
	}
	c.Printf("eating %d bytes (%s) in chunks of %s\n", region.Len(), unit.Size(region.Len()), m.chunk)
	m.eat(region)
	if m.exit {
		c.Printf("done\n")
		return applet.OK
	}
	c.Printf("done, holding\n")
	applet.Hold(m.hold)
	return applet.OK
}

func parseMeal(c *applet.Call) (m meal, code int, ok bool) {
	flags := c.Flags()
	rate, hold, chunk := applet.RateFlag(0), applet.SpanFlag(0), applet.SizeFlag(unit.MiB)
	flags.Var(&rate, "rate", "eat no faster than this, such as 50MiB/s")
	flags.Var(&chunk, "chunk", "touch this much between two looks at the rate")
	flags.Var(&hold, "for", "hold the memory this long, then end with 0 (default: until a signal)")
	flags.BoolVar(&m.exit, "exit", false, "end with 0 as soon as every page is touched")
	if code, ok = c.ParseOperands(flags, 1, 1); !ok {
		return m, code, false
	}
	size, err := applet.ParseSize(c.Args[0])
	if err != nil {
		return m, c.Usagef("%v", err), false
	}
	if size == 0 || chunk == 0 {
		return m, c.Usagef("nothing to eat: the size and the chunk must be above zero"), false
	}
	page := unit.Size(os.Getpagesize())
	m.size, m.rate, m.hold = size, unit.Rate(rate), time.Duration(hold)
	m.chunk = (unit.Size(chunk) + page - 1) / page * page
	return m, applet.OK, true
}

// eat touches the region chunk by chunk, waiting where the rate asks for it.
func (m meal) eat(region *Region) {
	start := time.Now()
	for at := 0; at < region.Len(); at += int(m.chunk) {
		region.Touch(at, at+int(m.chunk), 1)
		if m.rate > 0 {
			due := time.Duration(float64(at+int(m.chunk)) / float64(m.rate) * float64(time.Second))
			time.Sleep(time.Until(start.Add(due)))
		}
	}
}
