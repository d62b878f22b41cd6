package runtimetest

import (
	"os"
	"path/filepath"
	"strings"

	"isolab/actions/runtime"
	"isolab/schema/unit"
)

func fileCases() []testCase {
	return []testCase{
		must("root_is_writable", func(f *fixture) {
			equal(f, "content", f.output(f.spec("sh", "-c", "echo x > /new; cat /new")), "x")
		}),
		must("root_is_its_own", func(f *fixture) {
			f.output(f.spec("sh", "-c", "echo x > /new"))
			if e := f.run(f.spec("cat", "/new")); e.Code == 0 {
				f.Error("a file of one container is in another")
			}
		}),
		must("root_read_only", func(f *fixture) {
			spec := f.spec("sh", "-c", "echo x > /new")
			spec.ReadOnly = true
			failsWith(f, spec, "read-only file system")
		}),
		must("tmpfs_is_limited", tmpfs),
		must("tmpfs_on_read_only_root", func(f *fixture) {
			spec := f.spec("sh", "-c", "echo x > /scratch/new; cat /scratch/new")
			spec.ReadOnly = true
			spec.Mounts = []runtime.Mount{{Kind: runtime.MountTmpfs, Target: "/scratch"}}
			equal(f, "content", f.output(spec), "x")
		}),
		must("shm_default", func(f *fixture) {
			equal(f, "size of /dev/shm", mountOption(f.output(f.spec("cat", "/proc/self/mounts")), "/dev/shm", "size"), "65536k")
		}),
		must("shm_size", func(f *fixture) {
			spec := f.spec("cat", "/proc/self/mounts")
			spec.ShmSize = 8 * unit.MiB
			equal(f, "size of /dev/shm", mountOption(f.output(spec), "/dev/shm", "size"), "8192k")
		}),
		must("bind", bind),
		must("bind_read_only", bindReadOnly),
		must("bind_of_nothing", func(f *fixture) {
			spec := f.spec("true")
			spec.Mounts = []runtime.Mount{{Kind: runtime.MountBind, Source: filepath.Join(f.TempDir(), "missing"), Target: "/m"}}
			if _, err := f.rt.Create(f.ctx, spec); err == nil {
				err = f.rt.Start(f.ctx, spec.Name)
				if err == nil {
					f.Error("a directory that does not exist was mounted")
				}
			}
		}),
		must("volume", volume),
		must("devices", func(f *fixture) {
			out := f.output(f.spec("sh", "-c", "echo x > /dev/null; head -c 3 /dev/zero | wc -c"))
			equal(f, "zeros", out, "3")
		}),
		may("size_of_the_writable_layer", storageMax),
	}
}

// failsWith: the command fails, and says why in the kernel's words.
func failsWith(f *fixture, spec runtime.Spec, words string) {
	f.Helper()
	e := f.run(spec)
	if e.Code == 0 || !strings.Contains(strings.ToLower(e.stdout+e.stderr), words) {
		f.Errorf("%q ended with %d: %s%s; want %q", spec.Command, e.Code, e.stdout, e.stderr, words)
	}
}

// tmpfs: the kernel stops at the size that was mounted, exactly.
func tmpfs(f *fixture) {
	spec := f.spec("sh", "-c", "dd if=/dev/zero of=/scratch/full bs=65536 count=1000; wc -c < /scratch/full")
	spec.Mounts = []runtime.Mount{{Kind: runtime.MountTmpfs, Target: "/scratch", Size: 4 * unit.MiB}}
	e := f.run(spec)
	equal(f, "bytes written", strings.TrimSpace(e.stdout), "4194304")
	if !strings.Contains(strings.ToLower(e.stderr), "no space left") {
		f.Errorf("dd says %q", e.stderr)
	}
}

// mountOption is the value of an option of /proc/<pid>/mounts (proc_pid_mounts(5)).
func mountOption(mounts, target, option string) string {
	for line := range strings.Lines(mounts) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[1] != target {
			continue
		}
		for _, o := range strings.Split(fields[3], ",") {
			if v, ok := strings.CutPrefix(o, option+"="); ok {
				return v
			}
		}
	}
	return ""
}

func bind(f *fixture) {
	dir := f.TempDir()
	write(f, filepath.Join(dir, "in"), "from outside")
	spec := f.spec("sh", "-c", "cat /data/in; echo from inside > /data/out")
	spec.Mounts = []runtime.Mount{{Kind: runtime.MountBind, Source: dir, Target: "/data"}}
	equal(f, "read", f.output(spec), "from outside")
	text, err := os.ReadFile(filepath.Join(dir, "out"))
	f.check(err)
	equal(f, "written", string(text), "from inside\n")
}

func bindReadOnly(f *fixture) {
	spec := f.spec("sh", "-c", "echo x > /data/out")
	spec.Mounts = []runtime.Mount{{Kind: runtime.MountBind, Source: f.TempDir(), Target: "/data", ReadOnly: true}}
	failsWith(f, spec, "read-only file system")
}

func write(f *fixture, path, text string) {
	f.Helper()
	f.check(os.WriteFile(path, []byte(text), 0o644))
}

// volume: made with the container that first names it, seen by another, and gone
// with the first when nobody else uses it.
func volume(f *fixture) {
	name := "rt-" + f.mark + "-" + nonce()
	mounts := []runtime.Mount{{Kind: runtime.MountVolume, Source: name, Target: "/data"}}
	run := map[string]string{label: f.mark, runLabel: name}
	first := f.spec("sh", "-c", "echo kept > /data/file")
	first.Mounts, first.Labels = mounts, run
	f.output(first)
	second := f.spec("cat", "/data/file")
	second.Mounts, second.Labels = mounts, run
	equal(f, "seen by the second", f.output(second), "kept")
	equal(f, "volumes of the run", len(volumes(f, name)), 1)
	f.check(f.rt.Remove(f.ctx, second.Name))
	f.check(f.rt.Remove(f.ctx, first.Name))
	equal(f, "volumes left of the run", len(volumes(f, name)), 0)
	third := f.spec("cat", "/data/file")
	third.Mounts, third.Labels = mounts, run
	if e := f.run(third); e.Code == 0 {
		f.Error("the volume outlived its container")
	}
}

// runLabel is the label whose value keeps the volumes of one run together.
const runLabel = "isolab.run"

func volumes(f *fixture, run string) []string {
	lister, ok := f.rt.(runtime.VolumeLister)
	if !ok {
		f.Fatal("the runtime does not tell which volumes there are")
	}
	names, err := lister.Volumes(f.ctx, runLabel, run)
	f.check(err)
	return names
}

func storageMax(f *fixture) {
	spec := f.spec("dd", "if=/dev/zero", "of=/full", "bs=65536", "count=1000")
	spec.StorageMax = 32 * unit.MiB
	failsWith(f, spec, "no space left")
}
