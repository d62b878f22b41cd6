package journal

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Sessions that end take the empty directory away, and those that begin meanwhile find
// or make it all the same.
func TestPrepareBesideRemovals(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	done := make(chan struct{})
	var removing sync.WaitGroup
	removing.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				os.Remove(dir)
			}
		}
	})
	for range 2000 {
		if _, err := prepare(dir); err != nil {
			t.Error(err)
			break
		}
	}
	close(done)
	removing.Wait()
}
