package workload_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

// output collects what a process prints and tells when it grows.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.grown <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await waits until the output has the text.
func (o *output) await(t testing.TB, text string) {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for !strings.Contains(o.String(), text) {
		select {
		case <-o.grown:
		case <-timeout:
			t.Fatalf("never saw %q in %q", text, o.String())
		}
	}
}
