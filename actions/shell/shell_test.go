package shell_test

import (
	"os/exec"
	"testing"

	"isolab/actions/shell"
	"isolab/schema/testenv"
)

func TestLine(t *testing.T) {
	for _, test := range []struct {
		words []string
		want  string
	}{
		{[]string{"docker", "kill", "hungry"}, "docker kill hungry"},
		{[]string{"sh", "-c", "echo $HOME"}, "sh -c 'echo $HOME'"},
		{[]string{"echo", "it's"}, `echo 'it'\''s'`},
		{[]string{"echo", ""}, "echo ''"},
		{[]string{"cat", "/proc/<hungry's pid>/status"}, "cat /proc/<hungry's pid>/status"},
		{[]string{"cat", "a > b"}, "cat 'a > b'"},
		{[]string{"cat", "<x;y>"}, "cat '<x;y>'"},
	} {
		if got := shell.Line(test.words...); got != test.want {
			t.Errorf("Line(%q) = %s; want %s", test.words, got, test.want)
		}
	}
}

func TestQuote_theShellReadsItBack(t *testing.T) {
	testenv.Need(t, testenv.Linux)
	for _, word := range []string{"plain", "", "two words", "it's", "$HOME", "`id`", "a\nb", `back\slash`, "*", "~"} {
		out, err := exec.Command("sh", "-c", "printf %s "+shell.Quote(word)).Output()
		if err != nil || string(out) != word {
			t.Errorf("sh read %q back as %q, %v", word, out, err)
		}
	}
}

func TestPattern(t *testing.T) {
	for path, want := range map[string]string{"/a/*/b": "/a/*/b", "/a b/*": "'/a b/'*", "/plain": "/plain"} {
		if got := shell.Pattern(path); got != want {
			t.Errorf("got %s; want %s", got, want)
		}
	}
}

func TestWrite(t *testing.T) {
	if got, want := shell.Write("8:0 100", "/x"), "echo '8:0 100' > /x"; got != want {
		t.Errorf("got %s; want %s", got, want)
	}
}

func TestAround(t *testing.T) {
	for _, test := range []struct {
		around shell.Around
		want   string
	}{
		{shell.Around{}, "cat -n"},
		{shell.Around{Env: map[string]string{"B": "x y", "A": "1"}}, "env A=1 'B=x y' cat -n"},
		{shell.Around{Stdin: "in"}, "printf %s in | cat -n"},
		{shell.Around{Stdin: "in\n"}, `printf %b 'in\n' | cat -n`},
		{shell.Around{Dir: "/tmp", Stdin: "in", Env: map[string]string{"A": "1"}}, "cd /tmp && printf %s in | env A=1 cat -n"},
	} {
		if got := test.around.Line("cat", "-n"); got != test.want {
			t.Errorf("got %s; want %s", got, test.want)
		}
	}
}

func TestAround_theShellHandsItOn(t *testing.T) {
	testenv.Need(t, testenv.Linux)
	for _, text := range []string{"in\n", `a\b`, "a\tb\n" + `\n %s it's $HOME`, "-x", "\x1b1\x7f2\r3", "two\n\nlines"} {
		out, err := exec.Command("sh", "-c", shell.Around{Stdin: text}.Line("cat")).Output()
		if err != nil || string(out) != text {
			t.Errorf("sh handed %q on as %q, %v", text, out, err)
		}
	}
}
