package userland

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"isolab/actions/workload/applet"
)

// runFree prints /proc/meminfo (proc_meminfo(5)). That file is the machine's: a
// container's limit does not show in it, which is a lesson of its own.
func runFree(c *applet.Call) int {
	flags := c.Flags()
	bytes := flags.BoolP("bytes", "b", false, "in bytes")
	flags.BoolP("kibi", "k", true, "in KiB, as is usual")
	mebi := flags.BoolP("mebi", "m", false, "in MiB")
	gibi := flags.BoolP("gibi", "g", false, "in GiB")
	readable := flags.BoolP("human", "h", false, "with a unit")
	if code, ok := c.ParseOperands(flags, 0, 0); !ok {
		return code
	}
	info, err := readMeminfo()
	if err != nil {
		return c.Fail(err)
	}
	scale := uint64(1024)
	switch {
	case *bytes:
		scale = 1
	case *mebi:
		scale = 1 << 20
	case *gibi:
		scale = 1 << 30
	}
	printFree(c, info, func(n uint64) string {
		if *readable {
			return human(n)
		}
		return strconv.FormatUint(n/scale, 10)
	})
	return applet.OK
}

func printFree(c *applet.Call, info map[string]uint64, show func(uint64) string) {
	cache := info["Buffers"] + info["Cached"] + info["SReclaimable"]
	used := info["MemTotal"] - min(info["MemTotal"], info["MemAvailable"])
	row := func(cells ...any) {
		format := "%-6s" + strings.Repeat("%12s", len(cells)-1) + "\n"
		c.Printf(format, cells...)
	}
	row("", "total", "used", "free", "shared", "buff/cache", "available")
	row("Mem:", show(info["MemTotal"]), show(used), show(info["MemFree"]), show(info["Shmem"]), show(cache), show(info["MemAvailable"]))
	row("Swap:", show(info["SwapTotal"]), show(info["SwapTotal"]-info["SwapFree"]), show(info["SwapFree"]))
}

// readMeminfo returns the values in bytes.
func readMeminfo() (map[string]uint64, error) {
	file, err := os.Open("/proc/meminfo")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info := map[string]uint64{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ":")
		n, err := strconv.ParseUint(firstOr(value, "0"), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("/proc/meminfo: %q: %w", lines.Text(), err)
		}
		info[key] = n * 1024
	}
	return info, lines.Err()
}
