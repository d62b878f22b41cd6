package cgroup

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Reexec makes this process the command of a cgroup.run when it was started for
// that, and does not return then: it exits when the command cannot be executed.
// Else it answers false. main calls it before anything else, after workload.Main.
func Reexec() (handled bool) {
	if len(os.Args) != 2 || os.Args[0] != reexecName {
		return false
	}
	const reportsFD = 3
	unix.CloseOnExec(reportsFD)
	fmt.Fprint(os.NewFile(reportsFD, "reports"), become(os.Args[1]))
	os.Exit(notStarted)
	return true
}

// notStarted is what shells return for a command that could not be executed.
const notStarted = 126

// oomScore makes the command the first that the kernel kills when the machine,
// not only the group, runs out of memory: oom_score_adj, -1000 to 1000.
const oomScore = 500

// become joins the group, gives up privileges and executes the command. It
// returns only with an error.
func become(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	if err := writeTo("/proc/self/oom_score_adj", strconv.Itoa(oomScore)); err != nil {
		return err
	}
	for _, procs := range o.Procs {
		if err := writeTo(procs, "0"); err != nil { // 0 is the writer itself
			return fmt.Errorf("join the cgroup: %w", err)
		}
	}
	if err := o.drop(); err != nil {
		return err
	}
	dir := o.Dir
	if dir == "" {
		dir = "/"
	}
	if err := os.Chdir(dir); err != nil {
		return err
	}
	return fmt.Errorf("execute %s: %w", o.Args[0], unix.Exec(o.Path, o.Args, os.Environ()))
}

// drop takes on the user, without any further groups.
func (o order) drop() error {
	if o.UID == nil {
		return nil
	}
	if err := unix.Setgroups([]int{o.GID}); err != nil {
		return fmt.Errorf("set groups: %w", err)
	}
	if err := unix.Setresgid(o.GID, o.GID, o.GID); err != nil {
		return fmt.Errorf("become group %d: %w", o.GID, err)
	}
	if err := unix.Setresuid(*o.UID, *o.UID, *o.UID); err != nil {
		return fmt.Errorf("become user %d: %w", *o.UID, err)
	}
	return nil
}

func writeTo(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}
