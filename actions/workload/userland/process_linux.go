package userland

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// process is what /proc/<pid> says of one process.
type process struct {
	pid     int
	comm    string
	command string   // the arguments, or [comm] without any
	stat    []string // proc_pid_stat(5), from the third field (state) on
	status  map[string]string
	cgroup  string
}

func readProcess(pid int) (*process, error) {
	directory := "/proc/" + strconv.Itoa(pid) + "/"
	stat, err := os.ReadFile(directory + "stat")
	if err != nil {
		return nil, err
	}
	status, err := os.ReadFile(directory + "status")
	if err != nil {
		return nil, err
	}
	// The name is in parentheses and may hold some itself.
	text := string(stat)
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	p := &process{pid: pid, comm: text[open+1 : end], stat: strings.Fields(text[end+1:]), status: map[string]string{}}
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		p.status[key] = strings.TrimSpace(value)
	}
	arguments, _ := os.ReadFile(directory + "cmdline")
	p.command = strings.TrimSpace(strings.ReplaceAll(string(arguments), "\x00", " "))
	if p.command == "" {
		p.command = "[" + p.comm + "]"
	}
	groups, _ := os.ReadFile(directory + "cgroup")
	p.cgroup = strings.Join(strings.Fields(string(groups)), ";")
	return p, nil
}

// Fields of proc_pid_stat(5), counted from its third.
const (
	statState, statParent, statGroup, statSession, statTTY = 0, 1, 2, 3, 4
	statUser, statSystem, statPriority, statNice           = 11, 12, 15, 16
	statThreads, statStart                                 = 17, 19
)

// hertz is the unit of the times in stat: USER_HZ, 100 on all that Linux runs on.
const hertz = 100

func (p *process) field(i int) int64 {
	if i >= len(p.stat) {
		return 0
	}
	n, _ := strconv.ParseInt(p.stat[i], 10, 64)
	return n
}

// columnsByName are the columns of ps.
func columnsByName() map[string]func(*process) string {
	text := func(i int) func(*process) string {
		return func(p *process) string { return strconv.FormatInt(p.field(i), 10) }
	}
	status := func(key string) func(*process) string {
		return func(p *process) string { return firstOr(p.status[key], "0") }
	}
	command := func(p *process) string { return p.command }
	comm := func(p *process) string { return p.comm }
	threads := text(statThreads)
	return map[string]func(*process) string{
		"pid": func(p *process) string { return strconv.Itoa(p.pid) }, "ppid": text(statParent), "pgid": text(statGroup), "sid": text(statSession),
		"comm": comm, "ucmd": comm, "command": command, "args": command, "cmd": command,
		"uid": status("Uid"), "gid": status("Gid"), "user": func(p *process) string { return userName(p.id("Uid")) },
		"group": func(p *process) string { return groupName(p.id("Gid")) },
		"s":     func(p *process) string { return p.stat[statState] }, "state": func(p *process) string { return p.stat[statState] },
		"stat": (*process).flags, "rss": status("VmRSS"), "vsz": status("VmSize"), "nlwp": threads, "thcount": threads,
		"ni": text(statNice), "pri": text(statPriority), "time": (*process).cpu, "etime": (*process).age, "stime": (*process).started,
		"pcpu": (*process).percent, "%cpu": (*process).percent, "psr": text(36), "tty": (*process).terminal, "tt": (*process).terminal,
		"cgroup": func(p *process) string { return p.cgroup }, "nspid": func(p *process) string { return p.status["NSpid"] },
	}
}

func columnNames() []string { return slices.Sorted(maps.Keys(columnsByName())) }

// firstOr is the first word of a value, such as of "123 kB".
func firstOr(value, fallback string) string {
	if words := strings.Fields(value); len(words) > 0 {
		return words[0]
	}
	return fallback
}

func (p *process) id(key string) uint32 {
	words := strings.Fields(p.status[key])
	if len(words) < 2 {
		return 0
	}
	n, _ := strconv.ParseUint(words[1], 10, 32) // the effective one
	return uint32(n)
}

// flags is the state with what ps adds: N and < for nice, s for a session
// leader, l for threads, + for the foreground.
func (p *process) flags() string {
	text := p.stat[statState]
	switch {
	case p.field(statNice) < 0:
		text += "<"
	case p.field(statNice) > 0:
		text += "N"
	}
	if p.field(statSession) == int64(p.pid) {
		text += "s"
	}
	if p.field(statThreads) > 1 {
		text += "l"
	}
	if p.field(statGroup) == p.field(statTTY+1) {
		text += "+"
	}
	return text
}

func (p *process) cpuSeconds() float64 {
	return float64(p.field(statUser)+p.field(statSystem)) / hertz
}

func (p *process) cpu() string {
	seconds := int(p.cpuSeconds())
	return fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}

// lived is the time since the process started; its start is counted from boot.
func (p *process) lived() time.Duration {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) != nil {
		return 0
	}
	return time.Duration(now.Nano()) - time.Duration(p.field(statStart))*time.Second/hertz
}

func (p *process) age() string {
	seconds := int(p.lived().Seconds())
	switch days, hours := seconds/86400, seconds/3600%24; {
	case days > 0:
		return fmt.Sprintf("%d-%02d:%02d:%02d", days, hours, seconds/60%60, seconds%60)
	case hours > 0:
		return fmt.Sprintf("%02d:%02d:%02d", hours, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%02d:%02d", seconds/60, seconds%60)
}

func (p *process) started() string { return time.Now().Add(-p.lived()).Format("15:04") }

// percent is the share of one CPU over the whole life of the process.
func (p *process) percent() string {
	lived := p.lived().Seconds()
	if lived <= 0 {
		return "0.0"
	}
	return strconv.FormatFloat(100*p.cpuSeconds()/lived, 'f', 1, 64)
}

// terminal names pseudo terminals and consoles; others are shown as a number.
func (p *process) terminal() string {
	device := uint64(p.field(statTTY))
	major, minor := unix.Major(device), unix.Minor(device)
	switch {
	case device == 0:
		return "?"
	case major >= 136 && major <= 143:
		return fmt.Sprintf("pts/%d", (major-136)<<8|minor)
	case major == 4:
		return fmt.Sprintf("tty%d", minor)
	}
	return fmt.Sprintf("%d:%d", major, minor)
}
