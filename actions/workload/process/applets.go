package process

import "isolab/actions/workload/applet"

// Applets lists the family.
func Applets() []applet.Applet {
	return []applet.Applet{
		{Name: "forkbomb", Summary: "Make processes until the kernel refuses, count, and end them",
			Usage: "[--max N] [--refusals N] [--hold TIME] [--json]", Example: "forkbomb --max 500 --hold 1s", Run: runForkbomb},
		{Name: "spawn", Summary: "Try to make a number of processes and count the refused ones",
			Usage: "[--count N] [--hold TIME] [--json]", Example: "spawn --count 50", Run: runSpawn},
		{Name: "burn", Summary: "Use the CPU and report how much of it was given",
			Usage: "[--cpus N] [--time TIME] [--json]", Example: "burn --cpus 2 --time 5s", Run: runBurn},
		{Name: "pinger", Summary: "Print one line a second and live until a signal",
			Usage: "[--interval TIME] [--count N] [ADDRESS]", Example: "pinger", Run: runPinger, Piped: true},
		{Name: "ignore-term", Summary: "Ignore SIGTERM, SIGINT and SIGHUP",
			Usage: "[--for TIME]", Example: "ignore-term", Run: runIgnoreTerm},
		{Name: "zombies", Summary: "Make orphans that end, and count those that nobody reaps",
			Usage: "[--for TIME | --exit] [--json] N", Example: "zombies 5", Run: runZombies},
		{Name: "reap", Summary: "As PID 1: start a command, pass signals on to it, reap every orphan",
			Usage: "[-v] [--] COMMAND [ARGUMENT...]", Example: "reap -- sleep 60", Run: runReap},
		{Name: "unshare", Summary: "Run a command in a time namespace of its own",
			Usage: "--time [--boottime TIME] [--monotonic TIME] COMMAND [ARGUMENT...]", Example: "unshare --time --boottime 24h uptime", Run: runUnshare},
		{Name: "timeit", Summary: "Run a command and report time and memory used",
			Usage: "[--json] [--] COMMAND [ARGUMENT...]", Example: "timeit -- memhog 50MiB", Run: runTimeit},
	}
}
