package network

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"isolab/actions/workload/applet"
)

// runListen binds the port, says so, and answers each connection with one line.
// A port that is taken is exit code 1 with "Address already in use".
func runListen(c *applet.Call) int {
	flags := c.Flags()
	address := flags.String("address", "", "the local address (default: all)")
	once := flags.Bool("once", false, "end after the first connection")
	span := applet.SpanFlag(0)
	flags.Var(&span, "for", "end with 0 after this long (default: until a signal)")
	if code, ok := c.ParseOperands(flags, 1, 1); !ok {
		return code
	}
	port, err := strconv.ParseUint(c.Args[0], 10, 16)
	if err != nil {
		return c.Usagef("%q is not a port", c.Args[0])
	}
	applet.EndOnSignals()
	listener, err := net.Listen("tcp", net.JoinHostPort(*address, strconv.FormatUint(port, 10)))
	if err != nil {
		return c.Fail(err)
	}
	c.Printf("listening on %s\n", listener.Addr())
	if span > 0 {
		time.AfterFunc(time.Duration(span), func() { os.Exit(applet.OK) })
	}
	return serve(c, listener, *once)
}

func serve(c *applet.Call, listener net.Listener, once bool) int {
	host, _ := os.Hostname()
	for {
		connection, err := listener.Accept()
		if err != nil {
			return c.Fail(err)
		}
		c.Printf("connection from %s\n", connection.RemoteAddr())
		fmt.Fprintf(connection, "hello from %s\n", host)
		_ = connection.Close()
		if once {
			return applet.OK
		}
	}
}

func runConnect(c *applet.Call) int {
	flags := c.Flags()
	patience := applet.SpanFlag(5 * time.Second)
	flags.Var(&patience, "timeout", "give up after this long")
	if code, ok := c.ParseOperands(flags, 2, 2); !ok {
		return code
	}
	deadline := time.Now().Add(time.Duration(patience))
	dialer := net.Dialer{Deadline: deadline}
	connection, err := dialer.Dial("tcp", net.JoinHostPort(c.Args[0], c.Args[1]))
	if err != nil {
		return c.Fail(err)
	}
	defer connection.Close()
	c.Printf("connected to %s\n", connection.RemoteAddr())
	_ = connection.SetReadDeadline(deadline)
	// A server that says nothing is fine: the connection was the question.
	if line, err := bufio.NewReader(connection).ReadString('\n'); err == nil {
		c.Printf("%s", line)
	}
	return applet.OK
}
