package userland

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"isolab/actions/workload/applet"
)

// table is what ps prints: columns, and which processes.
type table struct {
	columns []string
	titles  []string
	plain   bool // without the titles
	pids    []int
}

// defaultColumns fit eighty characters and show whose a process is and what it
// does.
const (
	defaultColumns = "pid,user,stat,command"
	fullColumns    = "user=UID,pid,ppid,stime,tty,time,args=CMD"
)

// runPs shows every process of the PID namespace, as -e does elsewhere: a
// container has few. BSD's "aux" is understood.
func runPs(c *applet.Call) int {
	if len(c.Args) > 0 && strings.Trim(c.Args[0], "auxw") == "" {
		c.Args[0] = "-o" + "user,pid,pcpu,vsz,rss,tty,stat,time,command"
	}
	flags := c.Flags()
	flags.BoolP("every", "e", true, "every process, as always")
	flags.BoolP("all", "A", true, "the same")
	full := flags.BoolP("full", "f", false, "parents and times too")
	columns := flags.StringArrayP("format", "o", nil, "columns: "+strings.Join(columnNames(), " "))
	only := flags.IntSliceP("pid", "p", nil, "only these processes")
	plain := flags.Bool("no-headers", false, "without titles")
	if code, ok := c.ParseOperands(flags, 0, 0); !ok {
		return code
	}
	layout := strings.Join(*columns, ",")
	switch {
	case layout != "":
	case *full:
		layout = fullColumns
	default:
		layout = defaultColumns
	}
	t, err := newTable(layout)
	if err != nil {
		return c.Usagef("%v", err)
	}
	t.pids, t.plain = *only, t.plain || *plain
	return t.print(c)
}

// newTable reads "pid,ppid=PARENT": a title may follow, an empty one for every
// column leaves the heading out.
func newTable(layout string) (*table, error) {
	t := &table{plain: true}
	for item := range strings.FieldsFuncSeq(layout, func(r rune) bool { return r == ',' || r == ' ' }) {
		name, title, titled := strings.Cut(item, "=")
		if _, known := columnsByName()[name]; !known {
			return nil, fmt.Errorf("unknown column %q; there are %s", name, strings.Join(columnNames(), " "))
		}
		if !titled {
			title = strings.ToUpper(name)
		}
		t.plain = t.plain && title == ""
		t.columns, t.titles = append(t.columns, name), append(t.titles, title)
	}
	return t, nil
}

func (t *table) print(c *applet.Call) int {
	pids, err := t.processes()
	if err != nil {
		return c.Fail(err)
	}
	out := tabwriter.NewWriter(c.Stdout, 0, 0, 1, ' ', 0)
	defer out.Flush()
	if !t.plain {
		fmt.Fprintln(out, strings.Join(t.titles, "\t"))
	}
	shown := 0
	for _, pid := range pids {
		p, err := readProcess(pid)
		if err != nil {
			continue // it ended since the directory was read
		}
		shown++
		t.row(out, p)
	}
	if shown == 0 {
		return applet.Failed
	}
	return applet.OK
}

func (t *table) row(out io.Writer, p *process) {
	var cells []string
	for _, name := range t.columns {
		cells = append(cells, columnsByName()[name](p))
	}
	fmt.Fprintln(out, strings.Join(cells, "\t"))
}

// processes are the numbers in /proc, or those asked for.
func (t *table) processes() ([]int, error) {
	if len(t.pids) > 0 {
		return t.pids, nil
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	if len(pids) == 0 {
		return nil, errors.New("/proc holds no processes; is it mounted?")
	}
	slices.Sort(pids)
	return pids, nil
}
