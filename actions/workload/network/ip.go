package network

import (
	"net"
	"os"
	"strings"

	"isolab/actions/workload/applet"
)

// device is one network interface of this namespace.
type device struct {
	Index     int      `json:"index"`
	Name      string   `json:"name"`
	Flags     []string `json:"flags"`
	MTU       int      `json:"mtu"`
	MAC       string   `json:"mac,omitempty"`
	Addresses []string `json:"addresses"` // with prefix length
}

func runIP(c *applet.Call) int {
	flags := c.Flags()
	json := flags.Bool("json", false, "report interfaces as one JSON array")
	if code, ok := c.ParseOperands(flags, 0, 2); !ok {
		return code
	}
	object := "addr"
	if len(c.Args) > 0 {
		object = c.Args[0]
	}
	switch {
	case strings.HasPrefix("address", object), strings.HasPrefix("link", object):
		return listDevices(c, *json, !strings.HasPrefix("link", object))
	case strings.HasPrefix("route", object):
		return listRoutes(c)
	}
	return c.Usagef("unknown object %q", object)
}

func listDevices(c *applet.Call, json, addresses bool) int {
	devices, err := readDevices()
	if err != nil {
		return c.Fail(err)
	}
	if json {
		c.JSON(devices)
		return applet.OK
	}
	for _, d := range devices {
		d.print(c, addresses)
	}
	return applet.OK
}

func readDevices() ([]device, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	devices := []device{}
	for _, i := range interfaces {
		d := device{Index: i.Index, Name: i.Name, MTU: i.MTU, MAC: i.HardwareAddr.String(), Addresses: []string{}}
		if i.Flags != 0 {
			d.Flags = strings.Split(i.Flags.String(), "|")
		}
		addresses, err := i.Addrs()
		if err != nil {
			return nil, err
		}
		for _, a := range addresses {
			d.Addresses = append(d.Addresses, a.String())
		}
		devices = append(devices, d)
	}
	return devices, nil
}

func (d device) print(c *applet.Call, addresses bool) {
	c.Printf("%d: %s: <%s> mtu %d\n", d.Index, d.Name, strings.ToUpper(strings.Join(d.Flags, ",")), d.MTU)
	if d.MAC != "" {
		c.Printf("    link/ether %s\n", d.MAC)
	}
	if !addresses {
		return
	}
	for _, a := range d.Addresses {
		family := "inet"
		if strings.Contains(a, ":") {
			family = "inet6"
		}
		c.Printf("    %s %s\n", family, a)
	}
}

// listRoutes prints the kernel's IPv4 table, proc_pid_net(5) route, as it is.
func listRoutes(c *applet.Call) int {
	table, err := os.ReadFile("/proc/net/route")
	if err != nil {
		return c.Fail(err)
	}
	_, _ = c.Stdout.Write(table)
	return applet.OK
}
