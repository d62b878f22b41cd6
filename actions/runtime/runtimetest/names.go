package runtimetest

import (
	"slices"
	"syscall"
	"time"

	"isolab/actions/runtime"
)

func nameCases() []testCase {
	return []testCase{
		must("taken", func(f *fixture) {
			spec := f.spec("true")
			f.create(spec)
			_, err := f.rt.Create(f.ctx, spec)
			f.is(err, runtime.ErrConflict)
		}),
		must("free_again_after_remove", func(f *fixture) {
			spec := f.spec("true")
			f.create(spec)
			f.check(f.rt.Remove(f.ctx, spec.Name))
			f.create(spec)
		}),
		must("unknown", unknown),
		must("not_running", notRunning),
		must("listed_by_label_in_every_state", listed),
		must("labels_tell_containers_apart", func(f *fixture) {
			spec := f.spec("true")
			spec.Labels = map[string]string{label: f.mark, "isolab.other": spec.Name}
			f.create(spec)
			names, err := f.rt.List(f.ctx, "isolab.other", "another")
			f.check(err)
			equal(f, "number of names for another value", len(names), 0)
		}),
		must("image_unknown", func(f *fixture) {
			_, err := f.rt.Images().Resolve(f.ctx, "isolab.invalid/no-such-image:0")
			f.is(err, runtime.ErrNotFound)
		}),
		must("image_workload", func(f *fixture) {
			image, err := f.rt.Images().Resolve(f.ctx, "workload")
			f.check(err)
			again, err := f.rt.Images().Resolve(f.ctx, "workload")
			f.check(err)
			equal(f, "id", again.ID, image.ID)
			equal(f, "os", image.OS, "linux")
			if image.Size <= 0 || image.ID == "" {
				f.Errorf("image %+v", image)
			}
		}),
		must("info", func(f *fixture) {
			info, err := f.rt.Info(f.ctx)
			f.check(err)
			equal(f, "name", info.Name, f.rt.Name())
			if info.OS == "" || len(info.Isolation) == 0 {
				f.Errorf("info %+v", info)
			}
		}),
	}
}

// unknown: whatever is asked of a container that is not there fails alike.
func unknown(f *fixture) {
	name := "rt-" + f.mark + "-never-made"
	for what, err := range f.everything(name) {
		if f.is(err, runtime.ErrNotFound); f.Failed() {
			f.Fatalf("asked: %s", what)
		}
	}
}

// notRunning: what needs a live process says so.
func notRunning(f *fixture) {
	name := f.start(f.spec("true"))
	f.wait(name)
	answers := f.everything(name)
	for _, what := range []string{"signal", "pause", "exec", "update"} {
		if f.is(answers[what], runtime.ErrNotRunning); f.Failed() {
			f.Fatalf("asked: %s", what)
		}
	}
}

// everything asks all of a container, and collects the errors.
func (f *fixture) everything(name string) map[string]error {
	_, exec := f.rt.Exec(f.ctx, name, runtime.ExecSpec{Command: []string{"true"}})
	_, inspect := f.rt.Inspect(f.ctx, name)
	_, top := f.rt.Top(f.ctx, name)
	_, stats := f.rt.Stats(f.ctx, name)
	answers := map[string]error{
		"exec": exec, "inspect": inspect, "top": top, "stats": stats,
		"signal": f.rt.Signal(f.ctx, name, syscall.SIGTERM),
		"pause":  f.rt.Pause(f.ctx, name),
		"update": f.rt.Update(f.ctx, name, runtime.Limits{CPUShares: pointer(int64(512))}),
		"logs":   f.rt.Logs(f.ctx, name, nil, nil),
		"stop":   f.rt.Stop(f.ctx, name, time.Second),
	}
	if inspect != nil { // of one that is there, wait would succeed
		_, answers["wait"] = f.rt.Wait(f.ctx, name)
		answers["start"] = f.rt.Start(f.ctx, name)
	}
	return answers
}

func listed(f *fixture) {
	value := nonce()
	var want []string
	for range 3 {
		spec := f.spec("sleep", "60")
		spec.Labels = map[string]string{label: f.mark, "isolab.case": value}
		f.create(spec)
		want = append(want, spec.Name)
	}
	f.check(f.rt.Start(f.ctx, want[1]))
	f.check(f.rt.Start(f.ctx, want[2]))
	f.check(f.rt.Signal(f.ctx, want[2], syscall.SIGKILL))
	f.wait(want[2])
	names, err := f.rt.List(f.ctx, "isolab.case", value)
	f.check(err)
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) {
		f.Errorf("listed %q, want %q", names, want)
	}
}
