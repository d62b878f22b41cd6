package network

import "isolab/actions/workload/applet"

// Applets lists the family.
func Applets() []applet.Applet {
	return []applet.Applet{
		{Name: "ip", Summary: "List network interfaces, their addresses, and routes",
			Usage: "[addr | link | route] [--json]", Example: "ip addr", Run: runIP},
		{Name: "tcp-connect", Summary: "Connect to a TCP port and print the first line it sends",
			Usage: "[--timeout TIME] HOST PORT", Example: "tcp-connect 127.0.0.1 80", Run: runConnect, Piped: true},
		{Name: "tcp-listen", Summary: "Listen on a TCP port and greet whoever connects",
			Usage: "[--address ADDRESS] [--once] [--for TIME] PORT", Example: "tcp-listen 80", Run: runListen, Piped: true},
	}
}
