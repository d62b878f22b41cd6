package main

import (
	"archive/tar"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"isolab/schema/testenv"
)

// The demonstrations with the real programs, as courses run them: images made of
// Debian's stress and fio with their libraries.

const realStress = `isolab: 1
name: real-stress
title: The real stress, out of memory
permissions: [image.pull]
containers:
  stress:
    image: IMAGE
    command: [stress, --vm, "4", --vm-bytes, 64M, --vm-hang, "0", --timeout, 10s]
    limits: {memory: 128MiB, swap: 0}
steps:
  - container.run: stress
    as: run
    expect:
      - run.exit_code >= 1 # the number of workers that failed
      - run.stdout + run.stderr contains "got signal 9"
      - run.oom_kills >= 1
`

const realFio = `isolab: 1
name: real-fio
title: The real fio, held to 100 operations a second
permissions: [image.pull]
requires: {block_device: true}
containers:
  fio:
    image: IMAGE
    command: [fio, --name=rw, --directory=/data, --ioengine=psync, --direct=1, --rw=randrw, --bs=4k, --size=4M, --runtime=5, --time_based, --output-format=terse]
    limits: {read_iops: 100, write_iops: 100}
    volumes: [/data]
steps:
  - container.run: fio
    as: run
    timeout: 60s
    expect:
      - run.exit_code == 0
      # terse output version 3: field 8 is the read IOPS
      - float(split(run.stdout, ";")[7]) <= 115
      - float(split(run.stdout, ";")[7]) >= 60
`

func TestRealProgramsOnDocker(t *testing.T) {
	testenv.Need(t, testenv.Root, testenv.Docker)
	for program, scenario := range map[string]string{"stress": realStress, "fio": realFio} {
		t.Run(program, func(t *testing.T) {
			testenv.Need(t, testenv.Tool(program, program))
			image := "isolab-test/" + program + ":latest"
			archive := packProgram(t, program)
			if out, err := exec.Command("docker", "import", archive, image).CombinedOutput(); err != nil {
				t.Fatalf("docker import: %v\n%s", err, out)
			}
			defer exec.Command("docker", "rmi", "-f", image).Run()
			runFile(t, strings.ReplaceAll(scenario, "IMAGE", image), "docker")
		})
	}
}

// runFile runs a scenario that has to pass.
func runFile(t *testing.T, scenario, runtime string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "scenario.yaml")
	if err := os.WriteFile(file, []byte(scenario), 0o644); err != nil {
		t.Fatal(err)
	}
	run := exec.Command(binary, "run", "--runtime", runtime, "--allow", "image.pull", file)
	run.Env = append(os.Environ(), "ISOLAB_STATE="+filepath.Join(dir, "state"))
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// packProgram writes a root file system with one program of this machine, the
// libraries that ldd(1) lists, and a place for temporary files.
func packProgram(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ldd", path).Output()
	if err != nil {
		t.Fatalf("ldd %s: %v", path, err)
	}
	files := map[string]string{"bin/" + program: path}
	for word := range strings.FieldsSeq(string(out)) {
		if strings.HasPrefix(word, "/") {
			files[strings.TrimPrefix(word, "/")] = word
		}
	}
	archive := filepath.Join(t.TempDir(), program+".tar")
	file, err := os.Create(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := tar.NewWriter(file)
	defer w.Close()
	if err := w.WriteHeader(&tar.Header{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777}); err != nil {
		t.Fatal(err)
	}
	for inside, host := range files {
		if err := addFile(w, inside, host); err != nil {
			t.Fatal(err)
		}
	}
	return archive
}

func addFile(w *tar.Writer, inside, host string) error {
	file, err := os.Open(host)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: inside, Mode: 0o755, Size: info.Size()}); err != nil {
		return err
	}
	if _, err := io.Copy(w, file); err != nil {
		return fmt.Errorf("pack %s: %w", host, err)
	}
	return nil
}
