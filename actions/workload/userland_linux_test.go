package workload_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"isolab/schema/testenv"
)

// What the tools print and how they fail; each line runs in a directory of its
// own that holds lines.txt, and prints through sh, which finds the applets in
// PATH.
func TestUserland(t *testing.T) {
	for _, test := range []struct {
		line, out, errors string
		code              int
	}{
		{line: `cat lines.txt - < lines.txt | wc -l`, out: "6\n"},
		{line: `cat /nosuch`, errors: "cat: /nosuch: No such file or directory\n", code: 1},
		{line: `cat /`, errors: "cat: /: Is a directory\n", code: 1},
		{line: `head -n 1 lines.txt; head -2 lines.txt; head -c 2 lines.txt`, out: "two\ntwo\none\ntw"},
		{line: `tail -n 1 lines.txt; tail -n +3 lines.txt; tail -c 4 lines.txt`, out: "ten\nten\nten\n"},
		{line: `wc lines.txt; wc -c <lines.txt`, out: "3 3 12 lines.txt\n12\n"},
		{line: `sort lines.txt`, out: "one\nten\ntwo\n"},
		{line: `printf '10 b\n9 a\n9 a\n' | sort -n -u; printf 'x:2\ny:1\n' | sort -t : -k 2`, out: "9 a\n10 b\ny:1\nx:2\n"},
		{line: `sort -r lines.txt | tr a-z A-Z | cut -c 1`, out: "T\nT\nO\n"},
		{line: `cut -d : -f 1,3- <<X` + "\na:b:c:d\nX", out: "a:c:d\n"},
		{line: `printf 'a\na\nb\n' | uniq -c; printf 'a\na\nb\n' | uniq -d`, out: "      2 a\n      1 b\na\n"},
		{line: `grep -n t lines.txt; grep -c o lines.txt; grep -o 'w*o' lines.txt`, out: "1:two\n3:ten\n2\nwo\no\n"},
		{line: `grep -E '^(two|ten)$' lines.txt; grep 'tw\|on' lines.txt; grep -v t lines.txt; grep -F . lines.txt`, out: "two\nten\ntwo\none\none\n", code: 1},
		{line: `grep -q one lines.txt && grep -i ONE lines.txt; grep -l one lines.txt`, out: "one\nlines.txt\n"},
		{line: `grep x /nosuch`, errors: "grep: /nosuch: No such file or directory\n", code: 2},
		{line: `grep '(' lines.txt`, code: 1},
		{line: `seq 3; seq 2 2 6; seq -s , 1 3; seq 3 -1 1`, out: "1\n2\n3\n2\n4\n6\n1,2,3\n3\n2\n1\n"},
		{line: `echo x | tee a b; echo y | tee -a a; cat a b`, out: "x\ny\nx\ny\nx\n"},
		{line: `mkdir -p a/b; mkdir a`, errors: "mkdir: a: File exists\n", code: 1},
		{line: `mkdir -m 1777 d; stat -c '%a %F' d; rmdir d; rmdir d`, out: "1777 directory\n", errors: "rmdir: d: No such file or directory\n", code: 1},
		{line: `mkdir d; rm d`, errors: "rm: d: Is a directory\n", code: 1},
		{line: `mkdir -p d/e; rm -rf d nosuch; ls`, out: "lines.txt\n"},
		{line: `rm nosuch`, errors: "rm: nosuch: No such file or directory\n", code: 1},
		{line: `chmod 4750 lines.txt; stat -c '%a %A %s' lines.txt`, out: "4750 -rwsr-x--- 12\n"},
		{line: `chmod 600 lines.txt; chmod u+x,go=r,+t lines.txt; stat -c %a lines.txt; chmod -x lines.txt; stat -c %a lines.txt`, out: "1744\n1644\n"},
		{line: `chmod 9 lines.txt`, errors: "chmod: \"9\" is not a mode\nusage: chmod [-R] MODE FILE...\n", code: 2},
		{line: `ln -s lines.txt l; readlink l; cat l | wc -l; ln lines.txt h; stat -c %h h; ln -s x l`, out: "lines.txt\n3\n2\n",
			errors: "ln: x -> l: File exists\n", code: 1},
		{line: `ls -a`, out: ".\n..\nlines.txt\n"},
		{line: `touch .x y; ls; ls -a | wc -l; ls -d .`, out: "lines.txt\ny\n5\n.\n"},
		{line: `ls nosuch lines.txt`, out: "lines.txt\n", errors: "ls: nosuch: No such file or directory\n", code: 1},
		{line: `truncate -s 4096 f; stat -c '%s %b' f; du -s f`, out: "4096 0\n0\tf\n"},
		{line: `basename /a/b.c .c; dirname /a/b.c`, out: "b\n/a\n"},
		{line: `cp lines.txt c; mv c d; ls; mv nosuch x`, out: "d\nlines.txt\n", errors: "mv: nosuch -> x: No such file or directory\n", code: 1},
		{line: `find . -name '*.txt'; echo a b | xargs -n 1 echo`, out: "lines.txt\na\nb\n"},
		{line: `dd if=lines.txt of=o bs=4 count=2 skip=1 status=none; cat o`, out: "one\nten\n"},
		{line: `dd if=lines.txt of=o bs=5 2>e; head -n 2 e`, out: "2+1 records in\n2+1 records out\n"},
		{line: `dd if=/dev/zero of=o bs=4K count=2 oflag=direct conv=fsync status=none; stat -c %s o`, out: "8192\n"},
		{line: `dd if=/nosuch`, errors: "dd: /nosuch: No such file or directory\n", code: 1},
		{line: `dd bs=x`, errors: "dd: \"x\" is not a size; write a number with a unit, such as 150MiB\n", code: 2},
		{line: `/usr/bin/true 2>/dev/null; test 3 -gt 2 && [ -f lines.txt ] && env printf '%03d\n' 7`, out: "007\n"},
		{line: `env test 1 = 2`, code: 1},
		{line: `env -i A=1 B=2 $(which env); env -u HOME sh -c 'echo [$HOME]'; env nosuch`, out: "A=1\nB=2\n[]\n", errors: "env: nosuch: not found\n", code: 127},
		{line: `env echo -n x; env echo y`, out: "xy\n"},
		{line: `which sh nosuch | grep -c /sh; pwd | grep -c /`, out: "1\n1\n"},
		{line: `env kill -0 $$; env kill -s TERM 99999999`, errors: "kill: (99999999) - No such process\n", code: 1},
		{line: `env kill -NOSUCH 1`, errors: "kill: \"NOSUCH\" is not a signal\nusage: kill [-SIGNAL | -s SIGNAL] PID... | -l\n", code: 2},
		{line: `sleep 0.01s 0; sleep x`, errors: "sleep: \"x\" is not a span of time; write 10s, 2m or 250ms\nusage: sleep TIME... | infinity\n", code: 2},
		{line: `date -u +%Y-%m-%dT%H:%M:%S%% | wc -c; date +%s | grep -c '^[0-9]*$'`, out: "21\n1\n"},
		{line: `yes no | head -n 2`, out: "no\nno\n"},
		{line: `ps -o pid=,comm= -p $$`, out: "@ ps\n"},
		{line: `ps -o nosuch 2>e; echo $?; nice -n 5 ps -o ni=,comm= | grep -c '^ *5 *ps'`, out: "2\n1\n"},
		{line: `mount | grep -c ' type proc '; mount -t nosuch none /proc`, out: "@\n", errors: "mount: mounting none on /proc: No such device\n", code: 1},
		{line: `umount /proc/nosuch`, errors: "umount: can't unmount /proc/nosuch: No such file or directory\n", code: 1},
		{line: `df /proc/self | wc -l; df . | wc -l; df -h /nosuch 2>/dev/null`, out: "1\n2\nFilesystem  Size  Used  Available  Use%  Mounted on\n", code: 1},
		{line: `free -m | wc -l; uptime | grep -c 'load average'; uname -s; nproc | grep -c .; id -u | grep -c .`, out: "3\n1\nLinux\n1\n1\n"},
	} {
		c := command(t, "sh", "-c", test.line)
		if err := os.WriteFile(filepath.Join(c.Dir, "lines.txt"), []byte("two\none\nten\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(test.line, "mount") || strings.HasPrefix(test.line, "umount") {
			testenv.Need(t, testenv.Root)
		}
		got := finish(t, c)
		if !matches(got.out, test.out) || got.code != test.code || test.errors != "" && !strings.HasPrefix(got.errors, test.errors) {
			t.Errorf("%s\ngot  %+v\nwant code %d, %q, %q", test.line, got, test.code, test.out, test.errors)
		}
	}
}

// matches compares output; @ in what is wanted stands for a number and blanks.
func matches(got, want string) bool {
	before, after, masked := strings.Cut(want, "@")
	if !masked {
		return got == want
	}
	middle, found := strings.CutSuffix(strings.TrimPrefix(got, before), after)
	return found && strings.Trim(middle, " 0123456789") == ""
}

// As root and as nobody: who is who, and what the kernel refuses.
func TestUserland_identities(t *testing.T) {
	testenv.Need(t, testenv.Root)
	if got := run(t, "sh", "-c", "id -u; id -g; whoami; touch f; chown 12:34 f; stat -c '%u %g' f; mknod n c 1 3; ls -l n"); got.code != 0 ||
		!strings.HasPrefix(got.out, "0\n0\nroot\n12 34\ncrw-") || !strings.Contains(got.out, " 1, 3 ") {
		t.Errorf("as root: %+v", got)
	}
	for line, want := range map[string]string{
		"hostname isolab-test":              "hostname: sethostname: Operation not permitted\n",
		"mount -t tmpfs none /tmp":          "mount: mounting none on /tmp: Operation not permitted\n",
		"kill -TERM 1":                      "kill: (1) - Operation not permitted\n",
		"mkdir /isolab-test":                "mkdir: /isolab-test: Permission denied\n",
		"chown nobody /etc/passwd":          "chown: /etc/passwd: Operation not permitted\n",
		"mknod /tmp/isolab-test-node c 1 3": "mknod: /tmp/isolab-test-node: Operation not permitted\n",
		"dd if=/dev/null of=/etc/passwd":    "dd: /etc/passwd: Permission denied\n",
	} {
		words := strings.Fields(line)
		if got := finish(t, asNobody(t, command(t, words[0], words[1:]...))); got.code != 1 || got.errors != want {
			t.Errorf("%s as nobody: %+v, want %q", line, got, want)
		}
	}
}

func TestTail_follows(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(file, []byte("one\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := background(t, command(t, "tail", "-f", file), "one\n")
	log, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if _, err := log.WriteString("two\n"); err != nil {
		t.Fatal(err)
	}
	out.await(t, "one\ntwo\n")
}

// A command whose reader goes away is ended by SIGPIPE, silently.
func TestYes_endsWithItsReader(t *testing.T) {
	c := command(t, "yes")
	reader, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	_ = reader.Close()
	_ = c.Wait()
	if code(c) != 141 {
		t.Errorf("code %d, want 141", code(c))
	}
}
