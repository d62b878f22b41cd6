//go:build linux

package embedded_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"isolab/actions/runtime"
	"isolab/schema/testenv"
)

// A hierarchy that is mounted a second time, as some tools do, is one all the same. The
// second mount is in a mount namespace of this test's own child.
func TestRun_hierarchyMountedTwice(t *testing.T) {
	testenv.Need(t, testenv.Linux, testenv.Root, testenv.Cgroup1)
	if at := os.Getenv("ISOLAB_TEST_SECOND_MOUNT"); at != "" {
		if err := os.Mkdir(at, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mount("cgroup", at, "cgroup", 0, "memory"); err != nil {
			t.Skip("the memory controller is not on cgroup v1: ", err)
		}
		if got := output(t, newRuntime(t), runtime.Spec{Command: inside("ls", "/sys/fs/cgroup")}); !strings.Contains(got, "memory") {
			t.Errorf("/sys/fs/cgroup has %q", got)
		}
		return
	}
	child := exec.Command("/proc/self/exe", "-test.run=^TestRun_hierarchyMountedTwice$", "-test.v")
	child.Env = append(os.Environ(), "ISOLAB_TEST_SECOND_MOUNT="+filepath.Join(t.TempDir(), "memory"))
	child.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	out, err := child.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}
