package userland

import (
	"slices"

	"isolab/actions/workload/applet"
)

// Applets lists the family.
func Applets() []applet.Applet {
	return slices.Concat(files(), texts(), processes(), systems(), ports())
}

func files() []applet.Applet {
	return []applet.Applet{
		{Name: "basename", Summary: "Print the last element of a path", Usage: "PATH [SUFFIX]", Example: "basename /etc/passwd", Run: runBasename},
		{Name: "chmod", Summary: "Change the mode of files", Usage: "[-R] MODE FILE...", Example: "chmod 4755 /tmp/x", Run: runChmod},
		{Name: "chown", Summary: "Change the owner of files", Usage: "[-R] [-h] USER[:GROUP] FILE...", Example: "chown student:student /tmp/x", Run: runChown},
		{Name: "dd", Summary: "Copy blocks and report how many", Usage: "[if=F] [of=F] [bs=N] [count=N] [skip=N] [seek=N] [iflag=direct] [oflag=direct,append,sync,dsync] [conv=fdatasync,fsync,notrunc] [status=none]",
			Example: "dd if=/dev/zero of=/tmp/x bs=64K count=16", Run: runDD},
		{Name: "df", Summary: "Show the space of file systems", Usage: "[-h] [-i] [FILE...]", Example: "df -h /", Run: runDf},
		{Name: "dirname", Summary: "Print a path without its last element", Usage: "PATH", Example: "dirname /etc/passwd", Run: runDirname},
		{Name: "du", Summary: "Sum up the space that files use", Usage: "[-s] [-h] [FILE...]", Example: "du -sh /tmp", Run: runDu},
		{Name: "ln", Summary: "Make links", Usage: "[-s] [-f] TARGET NAME", Example: "ln -s /etc/passwd /tmp/users", Run: runLn},
		{Name: "ls", Summary: "List files", Usage: "[-l] [-a] [-d] [-n] [-h] [-i] [-1] [FILE...]", Example: "ls -la /", Run: runLs},
		{Name: "mkdir", Summary: "Make directories", Usage: "[-p] [-m MODE] DIRECTORY...", Example: "mkdir -p /tmp/a/b", Run: runMkdir},
		{Name: "mknod", Summary: "Make a device file or a pipe", Usage: "[-m MODE] NAME b|c|p [MAJOR MINOR]", Example: "mknod /tmp/null c 1 3", Run: runMknod},
		{Name: "mount", Summary: "Mount a file system, or list what is mounted", Usage: "[-t TYPE] [-o OPTIONS] [--bind] [SOURCE DIRECTORY]",
			Example: "mount -t tmpfs -o size=8m none /mnt", Run: runMount},
		{Name: "readlink", Summary: "Print where a link points", Usage: "[-f] FILE...", Example: "readlink /proc/self/ns/pid", Run: runReadlink},
		{Name: "rm", Summary: "Remove files", Usage: "[-r] [-f] FILE...", Example: "rm -rf /tmp/a", Run: runRm},
		{Name: "rmdir", Summary: "Remove empty directories", Usage: "DIRECTORY...", Example: "rmdir /tmp/a", Run: runRmdir},
		{Name: "stat", Summary: "Show what the kernel says about a file", Usage: "[-L] [-c FORMAT] FILE...", Example: "stat -c %s /etc/passwd", Run: runStat},
		{Name: "sync", Summary: "Flush the file systems", Example: "sync", Run: runSync},
		{Name: "truncate", Summary: "Set the size of files", Usage: "-s SIZE FILE...", Example: "truncate -s 1M /tmp/x", Run: runTruncate},
		{Name: "umount", Summary: "Unmount file systems", Usage: "[-l] DIRECTORY...", Example: "umount /mnt", Run: runUmount},
	}
}

func texts() []applet.Applet {
	return []applet.Applet{
		{Name: "[", Summary: "Evaluate a condition, up to ]", Usage: "EXPRESSION ]", Example: "[ -d /tmp ]", Run: runBuiltin},
		{Name: "cat", Summary: "Print files", Usage: "[FILE...]", Example: "cat /etc/passwd", Run: runCat},
		{Name: "cut", Summary: "Print fields of lines", Usage: "[-d C] -f LIST | -c LIST [FILE...]", Example: "cut -d: -f1 /etc/passwd", Run: runCut},
		{Name: "echo", Summary: "Print arguments", Usage: "[-n] [-e] [ARGUMENT...]", Example: "echo hello", Run: runBuiltin},
		{Name: "grep", Summary: "Print the lines that match", Usage: "[-E|-F] [-i] [-v] [-c] [-n] [-o] [-q] [-w] [-l] [-H|-h] [-s] PATTERN [FILE...]",
			Example: "grep -c processor /proc/cpuinfo", Run: runGrep},
		{Name: "head", Summary: "Print the first lines", Usage: "[-n N | -c BYTES] [FILE...]", Example: "head -n 3 /etc/passwd", Run: runHead},
		{Name: "printf", Summary: "Print by a format", Usage: "FORMAT [ARGUMENT...]", Example: "printf '%s\\n' hello", Run: runBuiltin},
		{Name: "seq", Summary: "Print numbers", Usage: "[-s SEPARATOR] [FIRST [STEP]] LAST", Example: "seq 1 5", Run: runSeq},
		{Name: "sort", Summary: "Sort lines", Usage: "[-n] [-r] [-u] [-k FIELD] [-t C] [FILE...]", Example: "sort -n /tmp/x", Run: runSort},
		{Name: "tail", Summary: "Print the last lines", Usage: "[-n N | -c BYTES] [-f] [FILE...]", Example: "tail -f /dev/null", Run: runTail},
		{Name: "tee", Summary: "Copy the input to files and to the output", Usage: "[-a] [FILE...]", Example: "tee /tmp/x", Run: runTee},
		{Name: "test", Summary: "Evaluate a condition", Usage: "EXPRESSION", Example: "test -e /etc/passwd", Run: runBuiltin},
		{Name: "tr", Summary: "Replace or delete characters", Usage: "[-d] SET1 [SET2]", Example: "tr a-z A-Z", Run: runTr},
		{Name: "uniq", Summary: "Drop repeated lines", Usage: "[-c] [-d] [-u]", Example: "uniq -c", Run: runUniq},
		{Name: "wc", Summary: "Count lines, words and bytes", Usage: "[-l] [-w] [-c] [FILE...]", Example: "wc -l /etc/passwd", Run: runWc},
		{Name: "yes", Summary: "Print a line for ever", Usage: "[TEXT...]", Example: "yes", Run: runYes},
	}
}

func processes() []applet.Applet {
	return []applet.Applet{
		{Name: "env", Summary: "Print the environment, or run a command in a changed one", Usage: "[-i] [-u NAME] [NAME=VALUE...] [COMMAND...]", Example: "env", Run: runEnv},
		{Name: "false", Summary: "Fail", Example: "false", Run: func(*applet.Call) int { return applet.Failed }},
		{Name: "kill", Summary: "Send a signal to processes", Usage: "[-SIGNAL | -s SIGNAL] PID... | -l", Example: "kill -TERM 1", Run: runKill},
		{Name: "nice", Summary: "Run a command with another priority", Usage: "[-n N] COMMAND...", Example: "nice -n 10 burn --time 1s", Run: runNice},
		{Name: "ps", Summary: "List processes", Usage: "[-e] [-f] [-o COLUMNS] [-p PID,...] [--no-headers]", Example: "ps -o pid,ppid,comm", Run: runPs},
		{Name: "sleep", Summary: "Wait", Usage: "TIME... | infinity", Example: "sleep 10", Run: runSleep},
		{Name: "true", Summary: "Do nothing, successfully", Example: "true", Run: func(*applet.Call) int { return applet.OK }},
	}
}

func systems() []applet.Applet {
	return []applet.Applet{
		{Name: "date", Summary: "Print the time", Usage: "[-u] [+FORMAT]", Example: "date +%s", Run: runDate},
		{Name: "dmesg", Summary: "Print the kernel's messages", Example: "dmesg", Run: runDmesg},
		{Name: "free", Summary: "Show the machine's memory, as /proc/meminfo has it", Usage: "[-b | -k | -m | -g | -h]", Example: "free -m", Run: runFree},
		{Name: "hostname", Summary: "Print or set the host name", Usage: "[NAME]", Example: "hostname", Run: runHostname},
		{Name: "id", Summary: "Print who this process is", Usage: "[-u | -g | -G] [-n]", Example: "id", Run: runID},
		{Name: "nproc", Summary: "Print the number of CPUs this process may use", Usage: "[--all]", Example: "nproc", Run: runNproc},
		{Name: "pwd", Summary: "Print the working directory", Example: "pwd", Run: runPwd},
		{Name: "uname", Summary: "Print the kernel's name and version", Usage: "[-a] [-s] [-n] [-r] [-v] [-m]", Example: "uname -r", Run: runUname},
		{Name: "uptime", Summary: "Print the time since boot and the load", Example: "uptime", Run: runUptime},
		{Name: "which", Summary: "Print where a command is found", Usage: "COMMAND...", Example: "which sh", Run: runWhich},
		{Name: "whoami", Summary: "Print the user's name", Example: "whoami", Run: runWhoami},
	}
}

// ports are u-root's tools.
func ports() []applet.Applet {
	return []applet.Applet{
		{Name: "cp", Summary: "Copy files", Usage: "[-r] [-f] [-v] SOURCE... TARGET", Example: "cp /etc/passwd /tmp", Run: runPort},
		{Name: "find", Summary: "Find files below a directory", Usage: "[-name PATTERN] [-type f|d] DIRECTORY", Example: "find /etc", Run: runPort},
		{Name: "mktemp", Summary: "Make a temporary file or directory", Usage: "[-d] [TEMPLATE]", Example: "mktemp -d", Run: runPort},
		{Name: "mv", Summary: "Rename files", Usage: "[-n] SOURCE... TARGET", Example: "mv /tmp/a /tmp/b", Run: runPort},
		{Name: "touch", Summary: "Create files, or set their times", Usage: "[-c] FILE...", Example: "touch /tmp/x", Run: runPort},
		{Name: "xargs", Summary: "Run a command with arguments from the input", Usage: "[-n N] COMMAND...", Example: "xargs -n 1 echo", Run: runPort},
	}
}
