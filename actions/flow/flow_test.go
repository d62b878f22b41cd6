package flow_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"isolab/actions"
	"isolab/actions/actionstest"
	"isolab/actions/flow"
)

func TestActions_keepTheRules(t *testing.T) { actionstest.Rules(t, "flow", flow.Actions()) }

func TestSleep_endsWithItsContext(t *testing.T) {
	env := actionstest.New(t, nil, nil)
	ctx, cancel := context.WithCancelCause(context.Background())
	why := errors.New("enough")
	cancel(why)
	if _, err := flow.Sleep.Run(ctx, &env.Env, flow.SleepParams{For: time.Hour}); !errors.Is(err, why) {
		t.Errorf("got %v, want %v", err, why)
	}
}

func TestSleep_refusesNegativeTime(t *testing.T) {
	if err := flow.Sleep.Check(flow.SleepParams{For: -time.Second}, nil); err == nil {
		t.Error("a negative time was accepted")
	}
}

func TestNote_isTold(t *testing.T) {
	env := actionstest.New(t, nil, nil)
	if _, err := flow.Note.Run(context.Background(), &env.Env, flow.NoteParams{Text: "look"}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(env.Notes, []string{"look"}) {
		t.Errorf("got %q", env.Notes)
	}
}

func TestPause_asksThePresenter(t *testing.T) {
	env := actionstest.New(t, nil, nil)
	var asked string
	env.Pause = func(_ context.Context, prompt string) error { asked = prompt; return nil }
	if _, err := flow.Pause.Run(context.Background(), &env.Env, flow.PauseParams{Prompt: "ready?"}); err != nil || asked != "ready?" {
		t.Errorf("asked %q, %v", asked, err)
	}
}

func TestShell(t *testing.T) {
	for _, test := range []struct {
		action actions.Action
		params any
		want   []string
	}{
		{flow.Sleep, flow.SleepParams{For: 1500 * time.Millisecond}, []string{"sleep 1.5"}},
		{flow.Pause, flow.PauseParams{}, nil},
		{flow.Note, flow.NoteParams{Text: "x"}, nil},
	} {
		if got := test.action.Shell(test.params, actionstest.View{}); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.action.Name, got, test.want)
		}
	}
}
