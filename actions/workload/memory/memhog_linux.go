package memory

import (
	"strconv"
	"time"

	"isolab/actions/workload/applet"
	"isolab/schema/unit"
)

func runMemhog(c *applet.Call) int {
	flags := c.Flags()
	pause := applet.SpanFlag(0)
	flags.Var(&pause, "sleep", "stay this long with the memory after each round")
	if code, ok := c.ParseOperands(flags, 1, 2); !ok {
		return code
	}
	size, err := applet.ParseSize(c.Args[0])
	if err != nil || size == 0 {
		return c.Usagef("%q is not an amount of memory; write one such as 100MiB", c.Args[0])
	}
	rounds, err := repeat(c.Args[1:])
	if err != nil {
		return c.Usagef("%q is not a number of rounds", c.Args[1])
	}
	applet.EndOnSignals()
	forgetProgram()
	return hog(c, size, rounds, time.Duration(pause))
}

func repeat(args []string) (int, error) {
	if len(args) == 0 {
		return 1, nil
	}
	n, err := strconv.ParseUint(args[0], 10, 31)
	return int(n), err
}

// hog prints each phase before it begins, so that the last line says where the
// kernel ended it.
func hog(c *applet.Call, size unit.Size, rounds int, pause time.Duration) int {
	c.Printf("allocating %s\n", size)
	region, err := Map(size)
	if err != nil {
		return c.Fail(err)
	}
	for round := 1; round <= rounds; round++ {
		c.Printf("round %d of %d: writing\n", round, rounds)
		region.Touch(0, region.Len(), byte(round))
		c.Printf("round %d of %d: reading\n", round, rounds)
		if got, want := region.Sum(), pageSum(region, round); got != want {
			return c.Failf("the pages hold %d where %d was written", got, want)
		}
		c.Printf("round %d of %d: sleeping %s\n", round, rounds, pause)
		time.Sleep(pause)
	}
	c.Printf("done\n")
	if err := region.Unmap(); err != nil {
		return c.Fail(err)
	}
	return applet.OK
}

// pageSum is what Sum must give after Touch wrote the number of the round.
func pageSum(region *Region, round int) uint64 {
	return uint64(region.Len()/region.page) * uint64(byte(round))
}
