package container

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"isolab/actions/actionstest"
	"isolab/actions/runtime"
)

func TestFailingNamesTheContainerOnce(t *testing.T) {
	env := actionstest.New(t, actionstest.NewRuntime(), nil)
	for _, told := range []string{"start container isolab-x-web: no memory", "no memory"} {
		err := failing(context.Background(), &env.Env, "start", "web", "isolab-x-web", fmt.Errorf("%s: %w", told, runtime.ErrUnsupported))
		if err.Error() != "start container web: no memory: "+runtime.ErrUnsupported.Error() || !errors.Is(err, runtime.ErrUnsupported) {
			t.Errorf("%v", err)
		}
	}
}

func TestFailingSaysHowTheContainerEnded(t *testing.T) {
	rt := actionstest.NewRuntime()
	rt.States["isolab-x-web"], rt.Exit, rt.Stderr = runtime.StateExited, runtime.Exit{Code: 3}, "no port\n"
	env := actionstest.New(t, rt, nil)
	told := fmt.Errorf("pause container isolab-x-web: it is exited: %w", runtime.ErrNotRunning)
	err := failing(context.Background(), &env.Env, "pause", "web", "isolab-x-web", told)
	if want := "pause container web: not running: its command exited with 3: no port"; err.Error() != want || !errors.Is(err, runtime.ErrNotRunning) {
		t.Errorf("got %v, want %s", err, want)
	}
}
