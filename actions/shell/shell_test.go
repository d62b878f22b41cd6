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

func TestWrite(t *testing.T) {
	if got, want := shell.Write("8:0 100", "/x"), "echo '8:0 100' > /x"; got != want {
		t.Errorf("got %s; want %s", got, want)
	}
}
