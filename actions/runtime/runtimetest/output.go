package runtimetest

import (
	"strings"
)

func outputCases() []testCase {
	return []testCase{
		must("streams_apart", func(f *fixture) {
			e := f.run(f.spec("sh", "-c", "echo out; echo err >&2"))
			equal(f, "stdout", e.stdout, "out\n")
			equal(f, "stderr", e.stderr, "err\n")
		}),
		must("while_running", func(f *fixture) {
			name := f.start(f.spec("sh", "-c", "echo early; sleep 60"))
			f.eventually("the line is there", func() bool {
				stdout, _ := f.logs(name)
				return stdout == "early\n"
			})
		}),
		must("binary_survives", func(f *fixture) {
			e := f.run(f.spec("sh", "-c", `printf 'a\000b\377c'`))
			equal(f, "stdout", e.stdout, "a\x00b\xffc")
		}),
		must("none", func(f *fixture) {
			e := f.run(f.spec("true"))
			equal(f, "output", e.stdout+e.stderr, "")
		}),
		must("flood", flood),
	}
}

// meter counts what it is given and keeps nothing.
type meter struct{ bytes int64 }

func (m *meter) Write(p []byte) (int, error) {
	m.bytes += int64(len(p))
	return len(p), nil
}

// flood: 64 MiB of output neither stop the workload nor are they kept for ever;
// what is kept is bounded.
func flood(f *fixture) {
	const written, kept = 64 << 20, 40 << 20
	line := strings.Repeat("x", 1000)
	spec := f.spec("sh", "-c", "yes "+line+" | head -c 67108864")
	name := f.start(spec)
	exit, err := f.rt.Wait(f.ctx, name)
	f.check(err)
	equal(f, "code", exit.Code, 0)
	var m meter
	f.check(f.rt.Logs(f.ctx, name, &m, &m))
	if m.bytes == 0 || m.bytes > kept {
		f.Errorf("of %d bytes, %d were kept; want some, at most %d", written, m.bytes, kept)
	}
}
