package seccomp

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/elastic/go-seccomp-bpf/arch"
	profiles "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Unconfined as a profile means no filter at all.
const Unconfined = "unconfined"

// Compile makes the kernel's program (struct sock_filter[], linux/filter.h) of a
// profile: "" is Docker's default, "unconfined" gives none, anything else is a
// profile as JSON text. Rules may depend on the capabilities (CAP_… names) that
// the container has.
func Compile(profile string, capabilities []string) ([]byte, error) {
	if profile == Unconfined {
		return nil, nil
	}
	list, err := instructions(profile, capabilities)
	if err != nil {
		return nil, fmt.Errorf("seccomp profile: %w", err)
	}
	return encode(list)
}

func instructions(profile string, capabilities []string) ([]bpf.Instruction, error) {
	rules, err := load(profile, capabilities)
	if err != nil || rules == nil {
		return nil, err
	}
	return assemble(rules)
}

func load(profile string, capabilities []string) (*specs.LinuxSeccomp, error) {
	container := &specs.Spec{Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{Bounding: capabilities}}}
	if profile == "" {
		return profiles.GetDefaultProfile(container)
	}
	return profiles.LoadProfile(profile, container)
}

// Offsets in struct seccomp_data (linux/seccomp.h): the number, the architecture
// and six arguments of 8 bytes.
const (
	numberOffset   = 0
	archOffset     = 4
	argumentOffset = 16
	argumentSize   = 8
)

// assemble works out what each system call is answered with, and writes a search
// for its number: the kernel runs the program hundreds of times when it is
// installed, to learn which calls are always allowed.
//
// go-seccomp-bpf's own assembler is not used: after a rule on arguments it
// compares the argument with the numbers of the next rule, so that Docker's
// profile would allow personality(2) with any number that is also one of an
// allowed system call.
func assemble(rules *specs.LinuxSeccomp) ([]bpf.Instruction, error) {
	info, err := arch.GetInfo("")
	if err != nil {
		return nil, err
	}
	standard, err := action(rules.DefaultAction, rules.DefaultErrnoRet)
	if err != nil {
		return nil, err
	}
	calls := map[uint32]*decision{}
	for _, rule := range rules.Syscalls {
		if err := addRule(calls, info, rule); err != nil {
			return nil, fmt.Errorf("rule for %v: %w", rule.Names, err)
		}
	}
	return append(header(info, standard), search(ranges(calls, standard))...), nil
}

// header refuses what would make the numbers below mean something else: another
// architecture, and on x86-64 the x32 interface, which sets bit 30 of the number.
func header(info *arch.Info, standard uint32) []bpf.Instruction {
	list := []bpf.Instruction{
		bpf.LoadAbsolute{Off: archOffset, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(info.ID), SkipTrue: 1},
		bpf.RetConstant{Val: standard},
		bpf.LoadAbsolute{Off: numberOffset, Size: 4},
	}
	if info.ID == arch.X86_64.ID {
		list = append(list,
			bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: uint32(arch.X32.SeccompMask), SkipFalse: 1},
			bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)})
	}
	return list
}

// decision is how one system call is answered: by the first rule whose
// conditions hold, and by a rule without any, if there is one.
type decision struct {
	conditional []bpf.Instruction // tests, each followed by its rule's answer
	answer      uint32
	final       bool // answer is a rule's and not the default
}

// addRule appends a rule to the decisions of those of its system calls that this
// architecture has.
func addRule(calls map[uint32]*decision, info *arch.Info, rule specs.LinuxSyscall) error {
	answer, err := action(rule.Action, rule.ErrnoRet)
	if err != nil {
		return err
	}
	tests, err := conditions(rule.Args)
	if err != nil {
		return err
	}
	for _, name := range rule.Names {
		number, known := info.SyscallNames[name]
		if !known {
			continue
		}
		d := calls[uint32(number)]
		if d == nil {
			d = &decision{}
			calls[uint32(number)] = d
		}
		switch {
		case d.final:
		case len(tests) == 0:
			d.answer, d.final = answer, true
		default:
			d.conditional = append(append(d.conditional, tests...), bpf.RetConstant{Val: answer})
		}
	}
	return nil
}

// action translates OCI's names of the answers, see seccomp(2).
func action(name specs.LinuxSeccompAction, number *uint) (uint32, error) {
	value := uint32(unix.EPERM)
	if number != nil {
		value = uint32(*number)
	}
	switch name {
	case specs.ActAllow:
		return unix.SECCOMP_RET_ALLOW, nil
	case specs.ActErrno:
		return unix.SECCOMP_RET_ERRNO | value&unix.SECCOMP_RET_DATA, nil
	case specs.ActKill, specs.ActKillThread:
		return unix.SECCOMP_RET_KILL_THREAD, nil
	case specs.ActKillProcess:
		return unix.SECCOMP_RET_KILL_PROCESS, nil
	case specs.ActTrap:
		return unix.SECCOMP_RET_TRAP, nil
	case specs.ActLog:
		return unix.SECCOMP_RET_LOG, nil
	}
	return 0, fmt.Errorf("action %q: want SCMP_ACT_ALLOW, ERRNO, KILL, KILL_PROCESS, TRAP or LOG", name)
}

// encode packs the instructions as the kernel wants them, 8 bytes each.
func encode(list []bpf.Instruction) ([]byte, error) {
	raw, err := bpf.Assemble(list)
	if err != nil {
		return nil, err
	}
	if len(raw) > maxInstructions {
		return nil, fmt.Errorf("seccomp profile: %d instructions, the kernel takes at most %d", len(raw), maxInstructions)
	}
	var out bytes.Buffer
	for _, i := range raw {
		filter := unix.SockFilter{Code: i.Op, Jt: i.Jt, Jf: i.Jf, K: i.K}
		if err := binary.Write(&out, binary.NativeEndian, filter); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

// maxInstructions is BPF_MAXINSNS of linux/bpf_common.h.
const maxInstructions = 4096
