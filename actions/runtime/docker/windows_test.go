package docker

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"isolab/actions/runtime"
	"isolab/schema/unit"
)

// windowsDaemon is a Docker on Windows that makes any container.
func windowsDaemon(t *testing.T, more map[string]http.HandlerFunc) (*Runtime, *fake) {
	answers := map[string]http.HandlerFunc{
		"GET /info":                gives(windowsInfo()),
		"POST /containers/create":  gives(object{"Id": "abc", "Warnings": []string{}}),
		"GET /containers/c/json":   gives(running("abc")),
		"GET /containers/c/stats":  gives(windowsStatsSample()),
		"GET /containers/c/top":    gives(object{"Titles": []string{"Name", "PID", "CPU", "Private Working Set"}, "Processes": [][]string{{"PING.EXE", "5240", "00:00:00.031", "913.4kB"}}}),
		"POST /containers/c/start": func(http.ResponseWriter, *http.Request) {},
	}
	for path, answer := range more {
		answers[path] = answer
	}
	return serve(t, answers)
}

func TestWindowsCreate(t *testing.T) {
	r, daemon := windowsDaemon(t, nil)
	_, err := r.Create(background(t), runtime.Spec{Name: "c", Image: "nanoserver", Isolation: "hyperv",
		Limits: runtime.Limits{CPUs: p(unit.CPUs(1.5)), Memory: p(unit.GiB)}})
	if err != nil {
		t.Fatal(err)
	}
	var request container.CreateRequest
	if err := json.Unmarshal([]byte(daemon.body("/containers/create")), &request); err != nil {
		t.Fatal(err)
	}
	host := request.HostConfig
	if host.Isolation != "hyperv" || host.NanoCPUs != 1_500_000_000 || host.Memory != 1<<30 || host.CPUQuota != 0 || host.NetworkMode != "none" {
		t.Errorf("asked for isolation %q, %d ns of CPU, %d bytes, network %s", host.Isolation, host.NanoCPUs, host.Memory, host.NetworkMode)
	}
}

func TestWindowsLacksWhatLinuxHas(t *testing.T) {
	r, _ := windowsDaemon(t, nil)
	for name, spec := range map[string]runtime.Spec{
		"pids":    {Limits: runtime.Limits{PIDs: p(int64(5))}},
		"caps":    {Security: runtime.Security{CapDrop: []string{"ALL"}}},
		"sandbox": {Isolation: "sandbox"},
		"init":    {Init: true},
	} {
		spec.Name, spec.Image = "c", "nanoserver"
		if _, err := r.Create(background(t), spec); !errors.Is(err, runtime.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.Images().Resolve(background(t), "isolab-no-such"); !errors.Is(err, runtime.ErrNotFound) {
		t.Errorf("image: %v", err)
	}
}

func windowsStatsSample() object {
	read := time.Date(2024, 5, 1, 12, 0, 1, 0, time.UTC)
	return object{"read": read, "preread": read.Add(-time.Second), "num_procs": 4,
		"cpu_stats":     object{"cpu_usage": object{"total_usage": 30_000_000}},
		"precpu_stats":  object{"cpu_usage": object{"total_usage": 20_000_000}},
		"memory_stats":  object{"privateworkingset": 29 << 20, "commitbytes": 60 << 20},
		"storage_stats": object{"read_size_bytes": 10, "write_size_bytes": 20},
		"networks":      object{"a": object{"rx_bytes": 1, "tx_bytes": 2}, "b": object{"rx_bytes": 3, "tx_bytes": 4}}}
}

func TestWindowsStats(t *testing.T) {
	r, _ := windowsDaemon(t, nil)
	s, err := r.Stats(background(t), "c")
	if err != nil {
		t.Fatal(err)
	}
	want := runtime.Stats{Read: s.Read, CPU: 3 * time.Second, CPUPercent: 25, Memory: 29 << 20, PrivateWorkingSet: 29 << 20,
		ReadBytes: 10, WriteBytes: 20, RxBytes: 4, TxBytes: 6}
	if s != want {
		t.Errorf("stats\n%+v, want\n%+v", s, want)
	}
}

func TestWindowsTop(t *testing.T) {
	r, _ := windowsDaemon(t, nil)
	processes, err := r.Top(background(t), "c")
	if err != nil || len(processes) != 1 || processes[0] != (runtime.TopProcess{PID: 5240, Command: "PING.EXE"}) {
		t.Errorf("%+v %v", processes, err)
	}
}

func TestWindowsInfo(t *testing.T) {
	r, _ := windowsDaemon(t, nil)
	i, err := r.Info(background(t))
	if err != nil || i.OS != "windows" || i.CgroupDriver != "" || strings.Join(i.Isolation, " ") != "process hyperv" {
		t.Errorf("%+v %v", i, err)
	}
}

// The two ways in which an image of another Windows build is refused, in the words
// of daemons old and new, when it is pulled, made or started.
func TestImageOfAnotherMachine(t *testing.T) {
	const build = "another Windows build"
	ctx := background(t)
	for name, c := range map[string]struct {
		path   string
		answer http.HandlerFunc
		call   func(*Runtime) error
		want   string
	}{
		"start": {"POST /containers/c/start", fails(500, "container abc encountered an error during hcsshim::System::CreateComputeSystem: "+
			"The container operating system does not match the host operating system. (0xc0370101)"),
			func(r *Runtime) error { return r.Start(ctx, "c") }, build},
		"create": {"POST /containers/create", fails(400, "hcsshim: a Windows version 10.0.20348-based image is incompatible with a 10.0.17763 host"),
			func(r *Runtime) error { _, err := r.Create(ctx, runtime.Spec{Name: "c", Image: "i"}); return err }, build},
		"pull, in the stream": {"POST /images/create", streams(`{"status":"Pulling"}` + "\n" +
			`{"errorDetail":{"message":"x"},"error":"no matching manifest for windows/amd64 10.0.17763 in the manifest list entries"}`),
			func(r *Runtime) error { _, err := r.Images().Pull(ctx, "i", nil); return err }, "Windows build or processor"},
		"pull, at once": {"POST /images/create", fails(404, "no matching manifest for windows/amd64 in the manifest list entries"),
			func(r *Runtime) error { _, err := r.Images().Pull(ctx, "i", nil); return err }, "Windows build or processor"},
		"pull on linux": {"POST /images/create", fails(404, "no matching manifest for linux/amd64 in the manifest list entries"),
			func(r *Runtime) error { _, err := r.Images().Pull(ctx, "i", nil); return err }, "operating system and processor"},
		"other system": {"POST /containers/create", fails(500, `image operating system "windows" cannot be used on this platform: operating system is not supported`),
			func(r *Runtime) error { _, err := r.Create(ctx, runtime.Spec{Name: "c", Image: "i"}); return err }, "another operating system"},
	} {
		r, _ := windowsDaemon(t, map[string]http.HandlerFunc{c.path: c.answer})
		err := c.call(r)
		var mismatch *MismatchError
		if !errors.As(err, &mismatch) || !errors.Is(err, runtime.ErrUnsupported) || errors.Is(err, runtime.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !strings.Contains(mismatch.Cause, c.want) || mismatch.Help == "" || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
