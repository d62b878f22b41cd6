package userland

import (
	"os/user"
	"strconv"
)

// userName is the name of a user id, or the number where /etc/passwd has none.
func userName(id uint32) string {
	number := strconv.FormatUint(uint64(id), 10)
	if u, err := user.LookupId(number); err == nil {
		return u.Username
	}
	return number
}

// groupName is the name of a group id, or the number.
func groupName(id uint32) string {
	number := strconv.FormatUint(uint64(id), 10)
	if g, err := user.LookupGroupId(number); err == nil {
		return g.Name
	}
	return number
}

// human prints bytes as df -h does: at most three digits and a binary unit.
func human(bytes uint64) string {
	value, units := float64(bytes), "BKMGTPE"
	i := 0
	for ; value >= 1024 && i < len(units)-1; i++ {
		value /= 1024
	}
	if i == 0 {
		return strconv.FormatUint(bytes, 10)
	}
	decimals := 0
	if value < 10 {
		decimals = 1
	}
	return strconv.FormatFloat(value, 'f', decimals, 64) + units[i:i+1]
}
