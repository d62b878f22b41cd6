package schema

import (
	"fmt"
	"strings"
	"testing"
)

// bigScenario is a scenario of n steps with one claim each.
func bigScenario(n int) []byte {
	var b strings.Builder
	b.WriteString("isolab: 1\nname: big\ntitle: Many steps\ncontainers:\n  hungry: {command: [sleep, 10]}\nsteps:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - id: step-%d\n    title: Step number %d\n    container.run: {container: hungry, command: [eatmemory, 200MiB]}\n    as: run_%d\n    expect:\n      - run_%d.exit_code == 0\n", i, i, i, i)
	}
	return []byte(b.String())
}

// BenchmarkRead measures the whole way from bytes to a checked Scenario, and how
// much of it is the YAML parser with the conversion to nodes.
func BenchmarkRead(b *testing.B) {
	for _, steps := range []int{1, 100, 1000} {
		data := bigScenario(steps)
		b.Run(fmt.Sprintf("steps=%d", steps), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, diags := Read("big.yaml", data); len(diags) > 0 {
					b.Fatal(diags)
				}
			}
		})
	}
	data := bigScenario(1000)
	b.Run("parse/steps=1000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			Parse("big.yaml", data)
		}
	})
	root, _ := Parse("big.yaml", data)
	b.Run("decode/steps=1000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			decodeScenario(root, "big.yaml", nil)
		}
	})
}
