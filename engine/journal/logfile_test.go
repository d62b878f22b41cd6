package journal

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// faultyDisk fails at one of its operations: a write half way, as a full disk does.
type faultyDisk struct {
	data    []byte
	failAt  int
	failAll bool // fail at every operation from failAt on
	count   int
}

func (d *faultyDisk) fails() bool {
	d.count++
	return d.count == d.failAt || d.failAll && d.count > d.failAt
}

func (d *faultyDisk) WriteAt(p []byte, offset int64) (int, error) {
	n, err := len(p), error(nil)
	if d.fails() {
		n, err = n/2, syscall.ENOSPC
	}
	if missing := int(offset) + n - len(d.data); missing > 0 {
		d.data = append(d.data, make([]byte, missing)...)
	}
	copy(d.data[offset:], p[:n])
	return n, err
}

func (d *faultyDisk) Sync() error {
	if d.fails() {
		return syscall.EIO
	}
	return nil
}

func (d *faultyDisk) Truncate(size int64) error {
	if d.fails() {
		return syscall.EIO
	}
	d.data = d.data[:size]
	return nil
}

// TestFailureAtEveryOperation: an intent that was reported durable is in the file,
// whichever operation of the disk fails before or after.
func TestFailureAtEveryOperation(t *testing.T) {
	for _, all := range []bool{false, true} {
		for failAt := 1; failAt <= 14; failAt++ {
			t.Run(fmt.Sprintf("operation %d, all after it %v", failAt, all), func(t *testing.T) {
				head := line1(t, record{Op: opBegin, Version: version, Owner: &owner{}})
				disk := &faultyDisk{data: []byte(head), failAt: failAt, failAll: all}
				checkDurable(t, disk, int64(len(head)))
			})
		}
	}
}

func checkDurable(t *testing.T, disk *faultyDisk, head int64) {
	l := &log{file: disk, head: head, size: head}
	durable := map[string]bool{}
	failed := 0
	for i := range 6 {
		name := fmt.Sprint(strings.Repeat("x", 50*(i%3)), i) // a short line may follow half a long one
		err := l.durable([]byte(line1(t, record{Op: opIntend, Run: "r", Kind: "object", Name: name})))
		durable[name] = err == nil
		if err != nil {
			failed++
			if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EIO) {
				t.Errorf("error %v", err)
			}
		}
	}
	c, err := parse(disk.data)
	if err != nil {
		t.Error(err)
	}
	for name, ok := range durable {
		if ok && c.index(key{"r", "object", name}) < 0 {
			t.Errorf("intent %s was reported durable and is not in the file", name)
		}
	}
	if failed == 0 && disk.failAt <= 12 {
		t.Error("no intent failed: the test proves nothing")
	}
}

func TestFullDiskIsOvercome(t *testing.T) {
	head := line1(t, record{Op: opBegin, Version: version, Owner: &owner{}})
	disk := &faultyDisk{data: []byte(head), failAt: 1}
	l := &log{file: disk, head: int64(len(head)), size: int64(len(head))}
	intent := []byte(line1(t, record{Op: opIntend, Kind: "object", Name: "x"}))
	if err := l.durable(intent); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("on a full disk: %v", err)
	}
	if err := l.durable(intent); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if c, err := parse(disk.data); err != nil || len(c.open) != 1 {
		t.Errorf("read back %v, %v", c.open, err)
	}
}

// TestLostWriteIsNotForgiven: after a failed sync the kernel may report success
// without having written.
func TestLostWriteIsNotForgiven(t *testing.T) {
	disk := &faultyDisk{failAt: 2}
	l := &log{file: disk}
	if err := l.durable([]byte("x\n")); !errors.Is(err, syscall.EIO) {
		t.Fatalf("lost write: %v", err)
	}
	if err := l.durable([]byte("x\n")); !errors.Is(err, syscall.EIO) {
		t.Errorf("after a lost write: %v", err)
	}
}
