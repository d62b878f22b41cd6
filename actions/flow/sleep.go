package flow

import (
	"context"
	"errors"
	"strconv"
	"time"

	"isolab/actions"
	"isolab/actions/shell"
)

// SleepParams are the parameters of flow.sleep.
type SleepParams struct {
	For time.Duration `json:"for" doc:"How long to wait." isolab:"main,required" example:"2s"`
}

// Sleep is flow.sleep.
var Sleep = actions.Define(actions.Spec[SleepParams, actions.Empty]{
	Name:    "flow.sleep",
	Summary: "Let time pass",
	About: `To wait until something is so, repeat an observing step with ` + "`eventually`" + ` instead: it goes on as
soon as it holds, and fails when it never does.`,
	Example: `flow.sleep: 2s
`,
	Check: func(p SleepParams, _ actions.Declared) error {
		if p.For < 0 {
			return errors.New("time cannot pass backwards")
		}
		return nil
	},
	Shell: func(p SleepParams, _ actions.View) []string {
		return []string{shell.Line("sleep", strconv.FormatFloat(p.For.Seconds(), 'f', -1, 64))}
	},
	Run: func(ctx context.Context, env *actions.Env, p SleepParams) (actions.Empty, error) {
		return actions.Empty{}, env.Clock.Sleep(ctx, p.For)
	},
})
