package workload_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a shell must do as a process among processes; each line is one program.
func TestSh(t *testing.T) {
	for _, test := range []struct {
		program, out string
		code         int
	}{
		{`echo a; exit 3`, "a\n", 3},
		{`false; echo $?; nosuch 2>/dev/null; echo $?; /proc 2>/dev/null; echo $?`, "1\n127\n126\n", 0},
		{`sh -c 'exit 5'; echo $?; sh -c 'kill -TERM $$'; echo $?`, "5\n143\n", 0},
		{`x=$(echo a | tr a b); echo "$x"; seq 3 | wc -l`, "b\n3\n", 0},
		{`yes | head -n 2`, "y\ny\n", 0},
		{"cat <<X\n$((1+2))\nX", "3\n", 0},
		// background commands
		{`sh -c 'exit 4' & wait $!; echo $?`, "4\n", 0},
		{`sleep 60 & kill -9 $!; wait $!; echo $?`, "137\n", 0},
		{`sleep 60 & kill %1; wait %1; echo $?`, "143\n", 0},
		{`echo a & wait; echo b`, "a\nb\n", 0},
		{`x=5; { echo $x; exit 6; } & wait $!; echo $?`, "5\n6\n", 0},
		{`f() { echo in $1; }; f "it's" & wait`, "in it's\n", 0},
		{`set -- a 'b c'; { echo "$2"; } & wait`, "b c\n", 0},
		{`eval 'sleep 60 & echo $! >pid'; kill $(cat pid); wait $(cat pid); echo $?`, "143\n", 0},
		{`echo out >file & wait; cat file`, "out\n", 0},
		{`cat & wait; echo end`, "end\n", 0},
		{`x=1; export y=2; { echo $x; sh -c 'echo "[$x$y]"'; } & wait`, "1\n[2]\n", 0},
		{`[ $$ = $(sh -c 'echo $PPID') ] && echo same; { echo $$ >pid; } & wait; [ $$ = $(cat pid) ] && echo same`, "same\nsame\n", 0},
		{`wait 1; echo $?`, "127\n", 0},
		{`sleep 60 & p=$!; [ "$(ps -o comm= -p $p)" = sleep ] || sleep 1; ps -o comm= -p $p; kill $p`, "sleep\n", 0},
		// replacing the process
		{`exec echo a; echo b`, "a\n", 0},
		{`(exec echo a); echo b`, "a\nb\n", 0},
		{`exec >file; echo hidden; exec cat file >&2`, "", 0},
		{`f() { echo function; }; f`, "function\n", 0},
		{`cd /; exec pwd`, "/\n", 0},
		// traps
		{`trap 'echo bye' EXIT; echo a`, "a\nbye\n", 0},
		{`trap 'echo term; exit 3' TERM; kill -TERM $$; sleep 0.01; sleep 0.01; echo no`, "term\n", 3},
		{`trap 'echo usr1' USR1; kill -USR1 $$; for i in 1 2 3; do sleep 0.01; done; echo end`, "usr1\nend\n", 0},
		{`trap '' TERM; kill -TERM $$; echo alive; trap - TERM; kill -TERM $$; sleep 1; echo no`, "alive\n", 143},
		{`trap 'echo got' TERM; sleep 60 & (sleep 0.2; kill -TERM $$) & wait; echo after; kill %1`, "got\nafter\n", 0},
		// limits
		{`ulimit -n 64; ulimit -n; ulimit -Hn`, "64\n64\n", 0},
		{`umask 077; umask; echo x >f; stat -c %a f`, "0077\n600\n", 0},
		// options
		{`set -e; false; echo no`, "", 1},
		{`echo "$0"`, "sh\n", 0},
	} {
		c := command(t, "sh", "-c", test.program)
		if got := finish(t, c); got.out != test.out || got.code != test.code {
			t.Errorf("%s\ngot %+v\nwant code %d, %q", test.program, got, test.code, test.out)
		}
	}
}

func TestSh_invocations(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("echo \"$0\" \"$#\" \"$2\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got := run(t, "sh", script, "a", "b c"); got.out != script+" 2 b c\n" {
		t.Errorf("script: %+v", got)
	}
	if got := run(t, "sh", "-c", script+" x; echo $1", "name", "arg"); got.out != script+" 1 \narg\n" {
		t.Errorf("a script without #!, and -c with a name: %+v", got)
	}
	c := command(t, "sh")
	c.Stdin = strings.NewReader("echo from stdin\n")
	if got := finish(t, c); got.out != "from stdin\n" {
		t.Errorf("stdin: %+v", got)
	}
	if got := run(t, "sh", "-ec", "false; echo no"); got.code != 1 || got.out != "" {
		t.Errorf("-ec: %+v", got)
	}
	for _, bad := range [][]string{{"-c"}, {"-c", "if"}, {"/nosuch"}} {
		if got := run(t, "sh", bad...); got.code == 0 || got.errors == "" {
			t.Errorf("%q: %+v", bad, got)
		}
	}
}

// The last command replaces the shell, so that a container of one command has one
// process.
func TestSh_lastCommandReplacesIt(t *testing.T) {
	c := command(t, "sh", "-c", "true; sleep 60")
	background(t, c, "")
	eventually(t, "the shell became sleep", func() bool { return status(t, c.Process.Pid, "Name") == "sleep" })
	if left := children(t, c.Process.Pid); len(left) != 0 {
		t.Errorf("children %v", left)
	}
}

func TestSh_interactive(t *testing.T) {
	c := command(t, "sh", "-i")
	c.Stdin = strings.NewReader("echo one\nsleep 60 & kill $!; wait $!\necho $?\nexit 9\n")
	if got := finish(t, c); got.out != "one\n143\n" || got.code != 9 {
		t.Errorf("got %+v", got)
	}
}
