package flow

import (
	"context"

	"isolab/actions"
)

// PauseParams are the parameters of flow.pause.
type PauseParams struct {
	Prompt string `json:"prompt" doc:"What is shown while the run waits." isolab:"main" example:"Look at the second terminal."`
}

// Pause is flow.pause.
var Pause = actions.Define(actions.Spec[PauseParams, actions.Empty]{
	Name:    "flow.pause",
	Summary: "Wait for the presenter to go on",
	About: `For a lesson in front of a class. Where nobody watches (in a batch, or with output that is not a
terminal) it goes on at once. The step's timeout holds, so give it time enough.`,
	Example: `flow.pause: Look at the second terminal.
timeout: 10m
`,
	Shell: func(PauseParams, actions.View) []string { return nil },
	Run: func(ctx context.Context, env *actions.Env, p PauseParams) (actions.Empty, error) {
		return actions.Empty{}, env.Pause(ctx, p.Prompt)
	},
})
