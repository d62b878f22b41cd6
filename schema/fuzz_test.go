package schema

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// samples are all files of testdata, to begin from.
func samples(t testing.TB) [][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil || len(files) < 9 {
		t.Fatalf("samples: %v, %v", files, err)
	}
	var list [][]byte
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, data)
	}
	return list
}

// readsSafely reads a document as a hostile one: no panic, every diagnostic has a
// place in the document, can be printed, and comes in the same order each time.
func readsSafely(t *testing.T, data []byte) {
	t.Helper()
	s, diags := Read("fuzz.yaml", data)
	if s == nil {
		t.Fatal("no scenario")
	}
	if bytes.HasPrefix(data, []byte("\ufeff")) {
		data = data[3:]
	}
	havePlaces(t, string(data), diags)
	var out bytes.Buffer
	if err := diags.Render(&out, s.SourceLine, 80, false); err != nil {
		t.Fatal(err)
	}
	for _, r := range out.String() {
		if r != '\n' && isUnprintable(r) {
			t.Errorf("%U reaches the terminal", r)
		}
	}
	if _, again := Read("fuzz.yaml", data); again.Error() != diags.Error() {
		t.Errorf("two readings differ:\n%v\n%v", diags, again)
	}
	for _, control := range s.Controls {
		_, diags := s.WithChange(control.Change)
		_ = diags.Render(io.Discard, s.SourceLine, 80, true)
	}
}

func FuzzRead(f *testing.F) {
	for _, data := range samples(f) {
		f.Add(data)
	}
	f.Fuzz(readsSafely)
}

// FuzzDecode decodes into every kind of field, with values and without.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		"size: 5MiB\nlist: [a, \"${n}\"]", "inner: {name: a}\nany: [1, {a: b}]", "ordered: {a: 1}\nexpr: a > 1",
		"opt_size: none\nopt_int: \"${whole}\"", "one: \"a ${list} $${x}\"\nmap: {a: \"${map}\"}", "text: |\n  ${a}\n  b",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, _ := Parse("fuzz.yaml", data)
		if n == nil {
			return
		}
		for _, eval := range []Evaluator{nil, values, unevaluated} {
			var got every
			havePlaces(t, string(data), Decode(n, &got, eval))
		}
		for _, e := range Expressions(n) {
			if e.Pos.Line < 1 || e.Pos.Col < 1 {
				t.Errorf("no place: %+v", e)
			}
		}
	})
}

// TestMutatedFiles changes the samples at random, a thousand times.
func TestMutatedFiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	list := samples(t)
	for range 1000 {
		readsSafely(t, mutate(random, list))
	}
}

// mutate changes a few places of a sample: bytes, words that mean something to
// YAML or to us, lines taken out, doubled or from another sample.
func mutate(random *rand.Rand, list [][]byte) []byte {
	words := []string{"${", "}", "$${", "[", "]", "{", "\"", "'", "|", ">-", "- ", ": ", "&a ", "*a", "<<: ", "!x ", "\t", "\n", "\r",
		"---\n", "#", "none", "null", "~", "\u202e", "\xff", "\x00", "5MiB", "-1", "999999999999999999999", "é", "\ufeff"}
	data := bytes.Clone(list[random.IntN(len(list))])
	for range 1 + random.IntN(6) {
		if len(data) == 0 {
			return data
		}
		at := random.IntN(len(data))
		lines := bytes.SplitAfter(data, []byte("\n"))
		line := random.IntN(len(lines))
		switch random.IntN(6) {
		case 0:
			data[at] ^= byte(1 << random.IntN(8))
		case 1:
			word := words[random.IntN(len(words))]
			data = append(data[:at:at], append([]byte(word), data[at:]...)...)
		case 2:
			data = data[:at]
		case 3:
			data = bytes.Join(append(lines[:line:line], lines[line+1:]...), nil)
		case 4:
			data = bytes.Join(append(lines[:line+1:line+1], lines[line:]...), nil)
		case 5:
			other := list[random.IntN(len(list))]
			from := random.IntN(len(other))
			data = append(data[:at:at], other[from:min(from+random.IntN(200), len(other))]...)
		}
	}
	return data
}

// A copy is equal, and shares nothing that can be changed.
func TestClone(t *testing.T) {
	for _, data := range samples(t) {
		n, _ := Parse("a.yaml", data)
		if n == nil {
			continue
		}
		dup := n.Clone()
		if !reflect.DeepEqual(dup, n) {
			t.Error("the copy differs")
		}
		dup.walk(func(scalar *Node) bool { scalar.Text += "x"; return true })
		if reflect.DeepEqual(dup, n) {
			t.Error("a change of the copy changes the original")
		}
	}
}
