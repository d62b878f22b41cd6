package workload_test

import (
	"bufio"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"isolab/schema/testenv"
)

// rates is the JSON of disk.
type rates struct {
	Mode        string
	Direct      bool
	Read, Write struct {
		Ops, Bytes int64
		IOPS       float64
	}
}

func TestDisk_modes(t *testing.T) {
	for _, mode := range []string{"write", "read", "randwrite", "randread"} {
		c := command(t, "disk", "--mode", mode, "--bs", "16KiB", "--size", "1MiB", "--jobs", "2", "--fsync", "--json")
		got := decode[rates](t, c)
		reads, writes := int64(0), int64(128)
		if strings.HasSuffix(mode, "read") {
			reads, writes = writes, reads
		}
		if got.Read.Ops != reads || got.Write.Ops != writes || got.Read.Bytes != reads<<14 || got.Write.Bytes != writes<<14 {
			t.Errorf("%s: %+v", mode, got)
		}
		if entries, _ := os.ReadDir(c.Dir); len(entries) != 0 {
			t.Errorf("%s left %v", mode, entries)
		}
	}
	got := decode[rates](t, command(t, "disk", "--mode", "randrw", "--size", "1MiB", "--time", "100ms", "--json"))
	if got.Read.Ops == 0 || got.Write.Ops == 0 || got.Read.IOPS == 0 {
		t.Errorf("randrw: %+v", got)
	}
}

func TestDisk_reports(t *testing.T) {
	got := run(t, "disk", "--mode", "randrw", "--size", "64KiB")
	line := `\d+ operations, \d+ bytes in \d+\.\d\d s: [\d.]+ IOPS, \S+ \S+/s\n`
	if got.code != 0 || !regexp.MustCompile("^read: "+line+"write: "+line+"$").MatchString(got.out) {
		t.Errorf("got %+v", got)
	}
	for _, args := range [][]string{{"--mode", "fly"}, {"--bs", "1000", "--direct"}, {"--size", "1KiB"}, {"--jobs", "0"}} {
		if got := run(t, "disk", args...); got.code != 2 || !strings.Contains(got.errors, "usage: disk") {
			t.Errorf("%q: %+v", args, got)
		}
	}
}

// /dev/null has no direct I/O, like file systems that have none.
func TestDisk_directRefused(t *testing.T) {
	if got := run(t, "disk", "--direct", "--file", "/dev/null"); got.code != 2 || !strings.Contains(got.errors, "direct I/O is refused") {
		t.Errorf("got %+v", got)
	}
}

func TestDisk_fullDevice(t *testing.T) {
	got := run(t, "disk", "--file", "/dev/full")
	if got.code != 1 || !strings.Contains(got.errors, "no space left on device; 0 bytes were written before") {
		t.Errorf("got %+v", got)
	}
}

func TestTCP(t *testing.T) {
	c := command(t, "tcp-listen", "--address", "127.0.0.1", "0")
	out := background(t, c, "listening on 127.0.0.1:")
	line, _ := bufio.NewReader(strings.NewReader(out.String())).ReadString('\n')
	port := strings.TrimSpace(line[strings.LastIndexByte(line, ':')+1:])
	host, _ := os.Hostname()
	if got := run(t, "tcp-connect", "127.0.0.1", port); got.out != "connected to 127.0.0.1:"+port+"\nhello from "+host+"\n" {
		t.Errorf("connect: %+v", got)
	}
	out.await(t, "connection from 127.0.0.1:")
	if got := run(t, "tcp-listen", "--address", "127.0.0.1", port); got.code != 1 || !strings.Contains(got.errors, "address already in use") {
		t.Errorf("second listener: %+v", got)
	}
	testenv.Need(t, testenv.Root)
	// In a network namespace of its own the same port is free, but has no lo up.
	own := command(t, "tcp-listen", "--for", "1ms", port)
	own.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if got := finish(t, own); got.code != 0 || !strings.Contains(got.out, "listening on") {
		t.Errorf("in a namespace of its own: %+v", got)
	}
	away := command(t, "tcp-connect", "127.0.0.1", port)
	away.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if got := finish(t, away); got.code != 1 {
		t.Errorf("connected across namespaces: %+v", got)
	}
}

func TestIP(t *testing.T) {
	testenv.Need(t, testenv.Root)
	c := command(t, "ip", "addr", "--json")
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	devices := decode[[]struct {
		Name  string
		Flags []string
	}](t, c)
	if len(devices) == 0 || devices[0].Name != "lo" {
		t.Errorf("got %+v", devices)
	}
	for _, object := range []string{"link", "route", "a"} {
		if got := run(t, "ip", object); got.code != 0 {
			t.Errorf("ip %s: %+v", object, got)
		}
	}
}
