//go:build linux

// Command bench measures whole isolab processes against the plain thing and
// prints ratios: the targets are ratios, because machines differ and are noisy.
// Each pair is run in turn, A B A B, and medians are compared.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	"isolab/actions/kernel/cgroup"
)

func main() {
	isolab := flag.String("isolab", "bin/isolab", "the binary to measure")
	runs := flag.Int("runs", 7, "how often each command runs")
	flag.Parse()
	dir, err := os.MkdirTemp("", "isolab-bench-")
	if err != nil {
		fail(err)
	}
	defer os.RemoveAll(dir)
	path, err := filepath.Abs(*isolab)
	if err != nil {
		fail(err)
	}
	b := bench{isolab: path, dir: dir, runs: *runs}
	b.all()
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}

type bench struct {
	isolab, dir string
	runs        int
}

// all prints one line a comparison: what, ours, theirs, ratio, target.
func (b bench) all() {
	fmt.Printf("%-44s %10s %10s %7s %9s  %s\n", "whole process, median", "isolab", "plain", "ratio", "peak MiB", "target")
	b.compare("version (plain: /bin/true)", "≤ 10 ms, ≤ 15 MiB",
		[]string{b.isolab, "version"}, []string{"/bin/true"})
	for _, steps := range []int{1, 100, 1000} {
		file := b.steps(steps)
		b.compare(fmt.Sprintf("%d host.exec steps (plain: bash loop)", steps), "≤ 1.0 at 1000, ≤ 30 MiB",
			[]string{b.isolab, "run", "-q", "--runtime", "embedded", "--allow", "host.exec", file},
			[]string{"bash", "-c", fmt.Sprintf("for ((i=0;i<%d;i++)); do /bin/true; done", steps)})
	}
	b.compare("check a 1000-step file (plain: cat)", "≤ 50 ms", []string{b.isolab, "check", b.steps(1000)}, []string{"cat", b.steps(1000)})
	b.compare("run a container (plain: unshare, as root)", "≤ 10 ms over the clone",
		[]string{b.isolab, "run", "-q", "--runtime", "embedded", b.container()},
		[]string{"unshare", "--pid", "--mount", "--uts", "--ipc", "--net", "--fork", "/bin/true"})
	b.docker()
}

// docker compares with a daemon, where there is one and the built-in image can be
// put into it.
func (b bench) docker() {
	if exec.Command("docker", "version").Run() != nil {
		fmt.Println("docker run, docker stats: no daemon answers")
		return
	}
	image := "isolab-bench:latest"
	tar := exec.Command("sh", "-c", fmt.Sprintf("mkdir -p %[1]s/i/bin && cp %[2]s %[1]s/i/bin/isolab && ln -sf isolab %[1]s/i/bin/true && ln -sf isolab %[1]s/i/bin/sleep && tar -C %[1]s/i -c . | docker import - %[3]s", b.dir, b.isolab, image))
	if out, err := tar.CombinedOutput(); err != nil {
		fmt.Printf("docker run: import: %v %s\n", err, out)
		return
	}
	defer exec.Command("docker", "rmi", "-f", image).Run()
	b.compare("run a container (plain: docker run --rm)", "",
		[]string{b.isolab, "run", "-q", "--runtime", "embedded", b.container()},
		[]string{"docker", "run", "--rm", "--network=none", image, "/bin/true"})
	b.reading(image)
}

// reading compares one reading of a container's cgroup files, in this process,
// with one sample of docker stats.
func (b bench) reading(image string) {
	out, err := exec.Command("docker", "run", "-d", "--network=none", image, "/bin/sleep", "300").Output()
	if err != nil {
		fmt.Println("docker stats:", err)
		return
	}
	id := strings.TrimSpace(string(out))
	defer exec.Command("docker", "rm", "-f", id).Run()
	out, err = exec.Command("docker", "inspect", "--format", "{{.State.Pid}}", id).Output()
	if err != nil {
		fail(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		fail(err)
	}
	var ours, theirs []time.Duration
	for range b.runs {
		began := time.Now()
		if err := read(pid); err != nil {
			fail(err)
		}
		ours = append(ours, time.Since(began))
		took, _ := b.time([]string{"docker", "stats", "--no-stream", id})
		theirs = append(theirs, took)
	}
	x, y := median(ours), median(theirs)
	fmt.Printf("%-44s %10s %10s %7.4f %9s  %s\n", "one cgroup reading (plain: docker stats)", short(x), short(y), float64(x)/float64(y), "–", "well under 0.01")
}

func read(pid int) error {
	host, err := cgroup.Open("/")
	if err != nil {
		return err
	}
	group, err := host.OfPID(pid)
	if err != nil {
		return err
	}
	_, err = group.Read(context.Background())
	return err
}

// compare runs two commands in turn and prints their medians.
func (b bench) compare(name, target string, ours, theirs []string) {
	var a, p []time.Duration
	peak := int64(0)
	for range b.runs {
		took, kib := b.time(ours)
		a, peak = append(a, took), max(peak, kib)
		took, _ = b.time(theirs)
		p = append(p, took)
	}
	x, y := median(a), median(p)
	fmt.Printf("%-44s %10s %10s %7.2f %9.1f  %s\n", name, short(x), short(y), float64(x)/float64(y), float64(peak)/1024, target)
}

func (b bench) time(command []string) (time.Duration, int64) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdout = io.Discard
	var errs strings.Builder
	cmd.Stderr = &errs
	began := time.Now()
	if err := cmd.Run(); err != nil {
		fail(fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, errs.String()))
	}
	took := time.Since(began)
	usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if usage == nil {
		return took, 0
	}
	return took, usage.Maxrss // KiB, getrusage(2)
}

func median(list []time.Duration) time.Duration {
	sort.Slice(list, func(i, j int) bool { return list[i] < list[j] })
	return list[len(list)/2]
}

func short(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// steps writes a scenario of n direct commands, each with a claim.
func (b bench) steps(n int) string {
	var s strings.Builder
	s.WriteString("isolab: 1\nname: steps\ntitle: Many direct commands\npermissions: [host.exec]\nsteps:\n")
	for range n {
		s.WriteString("  - host.exec: {command: [/bin/true]}\n    expect: [result.exit_code == 0]\n")
	}
	return b.write(fmt.Sprintf("steps-%d.yaml", n), s.String())
}

// container writes a scenario of one container that ends at once.
func (b bench) container() string {
	return b.write("container.yaml", "isolab: 1\nname: one\ntitle: One container\ncontainers:\n  c: {command: [\"true\"]}\nsteps:\n  - container.run: c\n    expect: [result.exit_code == 0]\n")
}

func (b bench) write(name, text string) string {
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		fail(err)
	}
	return path
}
