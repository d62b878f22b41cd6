package embedded

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/moby/sys/capability"

	"isolab/actions/runtime"
)

// dockerCapabilities are the 14 that Docker leaves to a container: chown,
// dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service,
// net_raw, sys_chroot, mknod, audit_write and setfcap.
const dockerCapabilities uint64 = 0xa80425fb

// allowedCapabilities works out a container's set, one bit each, as Docker does:
// ALL in drop or add replaces the starting point, then names are added and
// dropped. bounding is what this process could pass on at most.
func allowedCapabilities(security runtime.Security, bounding uint64) (uint64, error) {
	add, addAll, err := parseCapabilities(security.CapAdd)
	if err != nil {
		return 0, err
	}
	drop, dropAll, err := parseCapabilities(security.CapDrop)
	if err != nil {
		return 0, err
	}
	if lacking := add &^ bounding; lacking != 0 && !addAll && !security.Privileged {
		return 0, fmt.Errorf("add capability %s: %w: isolab does not have it itself", capabilityNames(lacking), runtime.ErrUnsupported)
	}
	set := dockerCapabilities
	switch {
	case security.Privileged:
		return bounding, nil
	case addAll:
		set = bounding &^ drop
	case dropAll:
		set = add
	default:
		set = set&^drop | add
	}
	return set & bounding, nil
}

// parseCapabilities reads names with or without CAP_, in any case.
func parseCapabilities(names []string) (set uint64, all bool, err error) {
	for _, name := range names {
		short := strings.TrimPrefix(strings.ToLower(name), "cap_")
		if short == "all" {
			all = true
			continue
		}
		bit, ok := capabilityBit(short)
		if !ok {
			return 0, false, fmt.Errorf("unknown capability %q; see capabilities(7)", name)
		}
		set |= bit
	}
	return set, all, nil
}

func capabilityBit(short string) (uint64, bool) {
	for _, c := range capability.ListKnown() {
		if c.String() == short {
			return 1 << c, true
		}
	}
	return 0, false
}

// capabilityNames lists a set as CAP_CHOWN, CAP_KILL.
func capabilityNames(set uint64) string { return strings.Join(capabilityList(set), ", ") }

func capabilityList(set uint64) []string {
	names := make([]string, 0, bits.OnesCount64(set))
	for _, c := range capability.ListKnown() {
		if set&(1<<c) != 0 {
			names = append(names, "CAP_"+strings.ToUpper(c.String()))
		}
	}
	return names
}
