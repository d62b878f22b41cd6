package journal

import "syscall"

func kill(pid int) { _ = syscall.Kill(pid, syscall.SIGKILL) }
