package shell

import (
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// spare is how many threads a shell has in reserve: one each for the fork that waits
// for its exec, for signals, for the wait for children, and two for what goes on
// meanwhile.
const spare = 5

// reserve makes threads that the Go runtime may need later: it cannot do without,
// and ends the process when a limit on tasks refuses one. A shell has to live on where
// no process can be made, and to say so.
func reserve() {
	runtime.GOMAXPROCS(1) // more would want more threads, and a shell mostly waits
	var pipe [2]int
	if unix.Pipe2(pipe[:], unix.O_CLOEXEC) != nil {
		return
	}
	var begun, ended sync.WaitGroup
	for range spare {
		begun.Add(1)
		ended.Go(func() {
			begun.Done()
			unix.Read(pipe[0], make([]byte, 1)) // keeps its thread until the pipe is closed
		})
	}
	begun.Wait()
	unix.Close(pipe[1])
	ended.Wait()
	unix.Close(pipe[0])
}
