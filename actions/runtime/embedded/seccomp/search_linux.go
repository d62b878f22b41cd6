package seccomp

import (
	"maps"
	"slices"

	"golang.org/x/net/bpf"
)

// span is a run of system call numbers, from the first up to where the next span
// begins, that are answered alike.
type span struct {
	first       uint32
	conditional []bpf.Instruction
	answer      uint32
}

// ranges lists the spans from number 0 on; numbers without a decision get the
// standard answer.
func ranges(calls map[uint32]*decision, standard uint32) []span {
	spans := []span{{answer: standard}}
	add := func(s span) {
		last := &spans[len(spans)-1]
		switch {
		case len(s.conditional) == 0 && len(last.conditional) == 0 && s.answer == last.answer:
		case s.first == last.first:
			*last = s
		default:
			spans = append(spans, s)
		}
	}
	for _, number := range slices.Sorted(maps.Keys(calls)) {
		d := calls[number]
		if !d.final {
			d.answer = standard
		}
		add(span{number, d.conditional, d.answer})
		if _, known := calls[number+1]; !known {
			add(span{number + 1, nil, standard})
		}
	}
	return spans
}

// search writes a binary search for the number in the accumulator. Every path
// through it ends with an answer, so the tests of arguments may overwrite the
// accumulator.
func search(spans []span) []bpf.Instruction {
	if len(spans) == 1 {
		return append(slices.Clone(spans[0].conditional), bpf.RetConstant{Val: spans[0].answer})
	}
	middle := len(spans) / 2
	below, above := search(spans[:middle]), search(spans[middle:])
	branch := []bpf.Instruction{bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: spans[middle].first, SkipTrue: uint8(len(below))}}
	if len(below) > 255 { // a conditional jump has 8 bits, a plain one 32
		branch = []bpf.Instruction{
			bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: spans[middle].first, SkipFalse: 1},
			bpf.Jump{Skip: uint32(len(below))},
		}
	}
	return slices.Concat(branch, below, above)
}
