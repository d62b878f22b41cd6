package shell

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// siginfoPid is si_pid of sigaction(2): on 64-bit systems the 32-bit number at
// byte 16, behind signo, errno, code and padding.
func siginfoPid(info *unix.Siginfo) int {
	raw := (*[unsafe.Sizeof(*info)]byte)(unsafe.Pointer(info))
	return int(int32(binary.NativeEndian.Uint32(raw[16:])))
}
