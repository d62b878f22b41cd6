package probe

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/moby/sys/capability"

	"isolab/actions/workload/applet"
)

// privileges are the fields of /proc/self/status, proc_pid_status(5), that say
// what the process may do. The sets are hexadecimal masks, as the kernel prints
// them; see capabilities(7).
type privileges struct {
	Inheritable string   `json:"inheritable"`
	Permitted   string   `json:"permitted"`
	Effective   string   `json:"effective"`
	Bounding    string   `json:"bounding"`
	Ambient     string   `json:"ambient"`
	Names       []string `json:"names"` // of the effective set
	NoNewPrivs  int      `json:"no_new_privs"`
	Seccomp     int      `json:"seccomp"` // 0 off, 1 strict, 2 filter
}

func runCaps(c *applet.Call) int {
	flags := c.Flags()
	json := flags.Bool("json", false, "report as one line of JSON")
	if code, ok := c.ParseOperands(flags, 0, 0); !ok {
		return code
	}
	p, err := readPrivileges()
	if err != nil {
		return c.Fail(err)
	}
	if *json {
		c.JSON(p)
		return applet.OK
	}
	c.Printf("effective    %s  %d: %s\n", p.Effective, len(p.Names), strings.Join(p.Names, ","))
	c.Printf("permitted    %s\ninheritable  %s\nbounding     %s\nambient      %s\n", p.Permitted, p.Inheritable, p.Bounding, p.Ambient)
	c.Printf("no_new_privs %d\nseccomp      %d\n", p.NoNewPrivs, p.Seccomp)
	return applet.OK
}

func readPrivileges() (p privileges, err error) {
	fields, err := statusFields()
	if err != nil {
		return p, err
	}
	p = privileges{Inheritable: fields["CapInh"], Permitted: fields["CapPrm"], Effective: fields["CapEff"],
		Bounding: fields["CapBnd"], Ambient: fields["CapAmb"]}
	p.NoNewPrivs, _ = strconv.Atoi(fields["NoNewPrivs"]) // absent before Linux 4.10
	p.Seccomp, _ = strconv.Atoi(fields["Seccomp"])       // absent without CONFIG_SECCOMP
	p.Names, err = capabilityNames(p.Effective)
	return p, err
}

func statusFields() (map[string]string, error) {
	file, err := os.Open("/proc/self/status")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	fields := map[string]string{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if key, value, found := strings.Cut(lines.Text(), ":"); found {
			fields[key] = strings.TrimSpace(value)
		}
	}
	return fields, nil
}

// capabilityNames spells a mask out: "cap_chown", or a number for a capability
// newer than the library.
func capabilityNames(mask string) ([]string, error) {
	bits, err := strconv.ParseUint(mask, 16, 64)
	if err != nil {
		return nil, fmt.Errorf("capability mask %q: %w", mask, err)
	}
	known := map[int]string{}
	for _, k := range capability.ListKnown() {
		known[int(k)] = "cap_" + k.String()
	}
	names := []string{}
	for bit := range 64 {
		if bits>>bit&1 == 0 {
			continue
		}
		if known[bit] == "" {
			known[bit] = strconv.Itoa(bit)
		}
		names = append(names, known[bit])
	}
	return names, nil
}
