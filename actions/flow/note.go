package flow

import (
	"context"

	"isolab/actions"
)

// NoteParams are the parameters of flow.note.
type NoteParams struct {
	Text string `json:"text" doc:"What is said; expressions in it show their values." isolab:"main,required" example:"The limit is ${params.limit}."`
}

// Note is flow.note.
var Note = actions.Define(actions.Spec[NoteParams, actions.Empty]{
	Name:    "flow.note",
	Summary: "Say something to the audience and keep it in the report",
	About:   `Use ` + "`say`" + ` for what is known beforehand, and this for what only a result can tell.`,
	Example: `flow.note: The limit is ${params.limit}.
`,
	Shell: func(NoteParams, actions.View) []string { return nil },
	Run: func(_ context.Context, env *actions.Env, p NoteParams) (actions.Empty, error) {
		env.Note(p.Text)
		return actions.Empty{}, nil
	},
})
