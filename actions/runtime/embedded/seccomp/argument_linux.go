package seccomp

import (
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/net/bpf"
)

// A test compares one 64-bit argument in two halves, as the program's registers
// have 32 bits. Where it does not hold it jumps behind the rule's answer.
//
// Jumps are written with these two targets and resolved when the tests of a
// rule are put one behind the other.
const (
	holds = 254 // go on with the next test, or the answer
	fails = 255 // leave the rule
)

// half loads one half of an argument; both supported architectures are
// little-endian, so the high half is the second.
func half(index uint, high bool) bpf.Instruction {
	offset := uint32(argumentOffset + argumentSize*index)
	if high {
		offset += 4
	}
	return bpf.LoadAbsolute{Off: offset, Size: 4}
}

// conditions writes the tests of a rule, all of which must hold.
func conditions(args []specs.LinuxSeccompArg) ([]bpf.Instruction, error) {
	var list []bpf.Instruction
	var ends []int // where each test ends in list
	for _, arg := range args {
		test, err := condition(arg)
		if err != nil {
			return nil, err
		}
		list = append(list, test...)
		for range test {
			ends = append(ends, len(list))
		}
	}
	for i := range list {
		jump, ok := list[i].(bpf.JumpIf)
		if !ok {
			continue
		}
		// Behind the tests stands the answer, which a rule that fails skips.
		resolve := func(skip uint8) uint8 {
			switch skip {
			case holds:
				return uint8(ends[i] - i - 1)
			case fails:
				return uint8(len(list) - i)
			}
			return skip
		}
		jump.SkipTrue, jump.SkipFalse = resolve(jump.SkipTrue), resolve(jump.SkipFalse)
		list[i] = jump
	}
	return list, nil
}

func condition(arg specs.LinuxSeccompArg) ([]bpf.Instruction, error) {
	if arg.Index > 5 {
		return nil, fmt.Errorf("argument %d: a system call has arguments 0 to 5", arg.Index)
	}
	switch arg.Op {
	case specs.OpEqualTo:
		return equal(arg.Index, ^uint64(0), arg.Value), nil
	case specs.OpMaskedEqual: // value is the mask here, valueTwo what must remain
		return equal(arg.Index, arg.Value, arg.ValueTwo), nil
	case specs.OpNotEqual:
		return notEqual(arg.Index, arg.Value), nil
	case specs.OpGreaterThan:
		return ordered(arg.Index, arg.Value, bpf.JumpGreaterThan, holds, fails), nil
	case specs.OpGreaterEqual:
		return ordered(arg.Index, arg.Value, bpf.JumpGreaterOrEqual, holds, fails), nil
	case specs.OpLessThan:
		return ordered(arg.Index, arg.Value, bpf.JumpGreaterOrEqual, fails, holds), nil
	case specs.OpLessEqual:
		return ordered(arg.Index, arg.Value, bpf.JumpGreaterThan, fails, holds), nil
	}
	return nil, fmt.Errorf("comparison %q: want SCMP_CMP_EQ, NE, LT, LE, GT, GE or MASKED_EQ", arg.Op)
}

// equal: the argument's bits under the mask are want.
func equal(index uint, mask, want uint64) []bpf.Instruction {
	return []bpf.Instruction{
		half(index, true),
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: uint32(mask >> 32)},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(want >> 32), SkipFalse: fails},
		half(index, false),
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: uint32(mask)},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(want), SkipTrue: holds, SkipFalse: fails},
	}
}

func notEqual(index uint, value uint64) []bpf.Instruction {
	return []bpf.Instruction{
		half(index, true),
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(value >> 32), SkipFalse: holds},
		half(index, false),
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(value), SkipTrue: fails, SkipFalse: holds},
	}
}

// ordered compares the high halves first: unequal ones decide.
func ordered(index uint, value uint64, low bpf.JumpTest, yes, no uint8) []bpf.Instruction {
	return []bpf.Instruction{
		half(index, true),
		bpf.JumpIf{Cond: bpf.JumpGreaterThan, Val: uint32(value >> 32), SkipTrue: yes},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(value >> 32), SkipFalse: no},
		half(index, false),
		bpf.JumpIf{Cond: low, Val: uint32(value), SkipTrue: yes, SkipFalse: no},
	}
}
