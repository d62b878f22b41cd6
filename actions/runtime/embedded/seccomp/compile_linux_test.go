package seccomp

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// answer runs a profile's program for one system call, as the kernel would.
func answer(t *testing.T, profile string, capabilities []string, name string, args ...uint64) uint32 {
	t.Helper()
	info, err := arch.GetInfo("")
	if err != nil {
		t.Fatal(err)
	}
	number, known := info.SyscallNames[name]
	if !known {
		t.Fatalf("no system call %s", name)
	}
	return answerData(t, profile, capabilities, data(uint32(number), uint32(info.ID), args...))
}

// data is struct seccomp_data. The program loads words in the machine's order;
// the interpreter used here loads big-endian ones, so each word is stored so.
func data(number, architecture uint32, args ...uint64) []byte {
	words := []uint32{number, architecture, 0, 0}
	for i := range 6 {
		v := uint64(0)
		if i < len(args) {
			v = args[i]
		}
		words = append(words, uint32(v), uint32(v>>32))
	}
	var out []byte
	for _, w := range words {
		out = binary.BigEndian.AppendUint32(out, w)
	}
	return out
}

func answerData(t *testing.T, profile string, capabilities []string, input []byte) uint32 {
	t.Helper()
	list, err := instructions(profile, capabilities)
	if err != nil {
		t.Fatal(err)
	}
	vm, err := bpf.NewVM(list)
	if err != nil {
		t.Fatal(err)
	}
	got, err := vm.Run(input)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(got)
}

const (
	allow = unix.SECCOMP_RET_ALLOW
	eperm = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	nosys = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
)

func TestCompile_dockersDefault(t *testing.T) {
	admin := []string{"CAP_SYS_ADMIN"}
	for _, test := range []struct {
		what string
		caps []string
		call string
		args []uint64
		want uint32
	}{
		{"ordinary", nil, "read", nil, allow},
		{"last of the first rule", nil, "writev", nil, allow},
		{"mount", nil, "mount", nil, eperm},
		{"mount with the capability", admin, "mount", nil, allow},
		{"unshare", nil, "unshare", []uint64{unix.CLONE_NEWUSER}, eperm},
		{"a thread", nil, "clone", []uint64{unix.CLONE_VM | unix.CLONE_THREAD}, allow},
		{"a namespace", nil, "clone", []uint64{unix.CLONE_NEWUSER}, eperm},
		{"a namespace with the capability", admin, "clone", []uint64{unix.CLONE_NEWUSER}, allow},
		{"clone3 is unknown", nil, "clone3", nil, nosys},
		{"personality 0", nil, "personality", []uint64{0}, allow},
		{"personality 8", nil, "personality", []uint64{8}, allow},
		{"personality 4294967295", nil, "personality", []uint64{0xffffffff}, allow},
		{"personality beyond 32 bits", nil, "personality", []uint64{1<<32 | 8}, eperm},
		{"personality ADDR_NO_RANDOMIZE", nil, "personality", []uint64{0x40000}, eperm},
		{"unix socket", nil, "socket", []uint64{unix.AF_UNIX}, allow},
		{"vsock", nil, "socket", []uint64{unix.AF_VSOCK}, eperm},
		{"bpf", nil, "bpf", nil, eperm},
		{"reboot", nil, "reboot", nil, eperm},
		{"kexec", nil, "kexec_load", nil, eperm},
		{"keyctl", nil, "keyctl", nil, eperm},
	} {
		if got := answer(t, "", test.caps, test.call, test.args...); got != test.want {
			t.Errorf("%s: %s%v is answered with %#x, want %#x", test.what, test.call, test.args, got, test.want)
		}
	}
}

// The argument of one rule must not be taken for the system call of the next.
func TestCompile_argumentIsNoNumber(t *testing.T) {
	info, err := arch.GetInfo("")
	if err != nil {
		t.Fatal(err)
	}
	for name, number := range info.SyscallNames {
		switch number {
		case 0, 8: // personalities that are allowed
			continue
		}
		if got := answer(t, "", nil, "personality", uint64(number)); got != eperm {
			t.Errorf("personality(%d), the number of %s, is answered with %#x", number, name, got)
		}
	}
}

func TestCompile_otherInterfaces(t *testing.T) {
	info, err := arch.GetInfo("")
	if err != nil {
		t.Fatal(err)
	}
	if got := answerData(t, "", nil, data(0, uint32(arch.I386.ID))); got != eperm {
		t.Errorf("another architecture is answered with %#x", got)
	}
	if info == arch.X86_64 {
		if got := answerData(t, "", nil, data(0x40000000, uint32(info.ID))); got != nosys {
			t.Errorf("x32 is answered with %#x", got)
		}
	}
}

func TestCompile_comparisons(t *testing.T) {
	const big = 1 << 40
	for _, test := range []struct {
		op    string
		value uint64
		two   string
		holds []uint64
		fails []uint64
	}{
		{"EQ", 5, "0", []uint64{5}, []uint64{0, 4, 6, big | 5}},
		{"NE", 5, "0", []uint64{0, 6, big | 5}, []uint64{5}},
		{"LT", big + 5, "0", []uint64{0, 5, big, big + 4}, []uint64{big + 5, big + 6, big * 2}},
		{"LE", big + 5, "0", []uint64{0, big + 5}, []uint64{big + 6, big * 2}},
		{"GT", big + 5, "0", []uint64{big + 6, big * 2}, []uint64{0, 6, big, big + 5}},
		{"GE", big + 5, "0", []uint64{big + 5, big * 2}, []uint64{0, 6, big + 4}},
		{"MASKED_EQ", 0xf0, "16", []uint64{0x10, 0x1f, big | 0x10}, []uint64{0, 0x30, 0x20}},
		{"MASKED_EQ", big | 1, "0", []uint64{0, 2, big * 2}, []uint64{1, big}},
	} {
		profile := strings.NewReplacer("OP", test.op, "VALUE", uintText(test.value), "TWO", test.two).Replace(
			`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13,
			 "args": [{"index": 2, "value": VALUE, "valueTwo": TWO, "op": "SCMP_CMP_OP"}]}]}`)
		check := func(v uint64, want uint32) {
			if got := answer(t, profile, nil, "mkdirat", 0, 0, v); got != want {
				t.Errorf("%s %#x of %#x: %#x, want %#x", test.op, test.value, v, got, want)
			}
		}
		for _, v := range test.holds {
			check(v, unix.SECCOMP_RET_ERRNO|13)
		}
		for _, v := range test.fails {
			check(v, allow)
		}
	}
}

func uintText(v uint64) string {
	digits := ""
	for ; v > 0 || digits == ""; v /= 10 {
		digits = string(rune('0'+v%10)) + digits
	}
	return digits
}

// All conditions of a rule must hold.
func TestCompile_severalArguments(t *testing.T) {
	const profile = `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["socket"], "action": "SCMP_ACT_ERRNO",
		"args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}, {"index": 1, "value": 2, "op": "SCMP_CMP_NE"}, {"index": 2, "value": 3, "op": "SCMP_CMP_GT"}]}]}`
	for args, want := range map[[3]uint64]uint32{{1, 1, 4}: eperm, {0, 1, 4}: allow, {1, 2, 4}: allow, {1, 1, 3}: allow} {
		if got := answer(t, profile, nil, "socket", args[:]...); got != want {
			t.Errorf("socket%v: %#x, want %#x", args, got, want)
		}
	}
}

func TestCompile_refuses(t *testing.T) {
	for _, profile := range []string{
		`{`, `{"defaultAction": "SCMP_ACT_NONSENSE", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}`,
		`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 9, "op": "SCMP_CMP_EQ"}]}]}`,
		`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "op": "X"}]}]}`,
	} {
		if _, err := Compile(profile, nil); err == nil {
			t.Errorf("accepted: %s", profile)
		}
	}
}

func TestCompile_unconfined(t *testing.T) {
	if program, err := Compile(Unconfined, nil); err != nil || program != nil {
		t.Errorf("%v, %v", program, err)
	}
}

func FuzzCompile(f *testing.F) {
	f.Add(`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}`)
	f.Fuzz(func(t *testing.T, profile string) {
		program, err := Compile(profile, nil)
		if err == nil && len(program)%8 != 0 {
			t.Errorf("%d bytes", len(program))
		}
	})
}
