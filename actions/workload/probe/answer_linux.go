package probe

import (
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
	"isolab/actions/workload/fork"
)

// answer is what the kernel said to one attempt. Errno is its name, "ok" for
// success, or the signal that killed the attempt (SIGSYS, of a seccomp filter
// that does not answer but kills). Allowed says that the call got past every
// check of privilege: it succeeded, or failed on its deliberately useless
// arguments.
type answer struct {
	Name    string `json:"name"`
	Errno   string `json:"errno"`
	Text    string `json:"text"`
	Allowed bool   `json:"allowed"`
}

// attempt runs the call in a forked child, so that what succeeds is gone with it;
// the child's exit code is the errno. harmless are the errnos that the arguments
// themselves cause.
func attempt(name string, call fork.Child, harmless ...unix.Errno) (answer, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pid, err := fork.Start(call)
	if err != nil {
		return answer{}, err
	}
	result, err := fork.Wait(pid)
	if err != nil {
		return answer{}, err
	}
	return judge(name, result, harmless), nil
}

func judge(name string, result fork.Result, harmless []unix.Errno) answer {
	if result.Signal != 0 {
		return answer{Name: name, Errno: unix.SignalName(result.Signal), Text: "killed"}
	}
	if result.Code == 0 {
		return answer{Name: name, Errno: "ok", Allowed: true}
	}
	number := syscall.Errno(result.Code)
	a := answer{Name: name, Errno: unix.ErrnoName(number), Text: number.Error()}
	if a.Errno == "" {
		a.Errno = "errno " + strconv.Itoa(result.Code)
	}
	for _, h := range harmless {
		a.Allowed = a.Allowed || h == number
	}
	return a
}

func (a answer) print(c *applet.Call) {
	switch {
	case a.Errno == "ok":
		c.Printf("%-20s ok\n", a.Name)
	case a.Allowed:
		c.Printf("%-20s ok (%s: %s)\n", a.Name, a.Errno, a.Text)
	default:
		c.Printf("%-20s %s (%s)\n", a.Name, a.Errno, a.Text)
	}
}
