package target

import (
	"fmt"
	"os/user"
	"strconv"
	"strings"
)

// User is an account of this machine, by number.
type User struct {
	Name     string // empty for a number without an account
	UID, GID int
}

// FindUser reads a user name, a user id, or "uid:gid". A number needs no account:
// its group is then the one of the same number.
func FindUser(text string) (User, error) {
	uid, gid, pair := strings.Cut(text, ":")
	if number, err := strconv.ParseUint(uid, 10, 31); err == nil {
		return numbered(int(number), gid, pair)
	}
	account, err := user.Lookup(text)
	if err != nil {
		return User{}, fmt.Errorf("user %q: %w; a user id, such as 65534, needs no account", text, err)
	}
	return fromAccount(account)
}

func numbered(uid int, gid string, pair bool) (User, error) {
	if !pair {
		if account, err := user.LookupId(strconv.Itoa(uid)); err == nil {
			return fromAccount(account)
		}
		return User{UID: uid, GID: uid}, nil
	}
	group, err := strconv.ParseUint(gid, 10, 31)
	if err != nil {
		return User{}, fmt.Errorf("user %d:%s: want uid:gid in numbers", uid, gid)
	}
	return User{UID: uid, GID: int(group)}, nil
}

func fromAccount(account *user.User) (User, error) {
	uid, err := strconv.Atoi(account.Uid)
	if err != nil {
		return User{}, fmt.Errorf("user %s: id %q is not a number", account.Username, account.Uid)
	}
	gid, err := strconv.Atoi(account.Gid)
	if err != nil {
		return User{}, fmt.Errorf("user %s: group id %q is not a number", account.Username, account.Gid)
	}
	return User{Name: account.Username, UID: uid, GID: gid}, nil
}
