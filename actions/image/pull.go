package image

import (
	"context"

	"isolab/actions"
	"isolab/actions/shell"
	"isolab/actions/target"
)

// PullParams are the parameters of image.pull.
type PullParams struct {
	Image string `json:"image" doc:"Reference of the image: name:tag or name@digest." isolab:"main,required,literal" example:"alpine:3.20"`
	Keep  bool   `json:"keep" doc:"Whether the image stays on the machine when the run ends, so that the next run needs no network."`
}

// Pull is image.pull.
var Pull = actions.Define(actions.Spec[PullParams, Result]{
	Name:    "image.pull",
	Summary: "Fetch an image from its registry unless it is there",
	About: `Needs the permission ` + "`image.pull`" + `. An image that is there already is left as it is, and stays. One
that the run fetched is removed when the run ends, unless ` + "`keep`" + ` is set; registries count pulls,
so a class that repeats a lesson does well to keep it, or to load it from a file.`,
	Example: `image.pull: alpine:3.20
as: image
expect:
  - image.os == "linux"
`,
	Needs: func(PullParams, actions.Declared) []actions.Permission {
		return []actions.Permission{actions.ImagePull}
	},
	Shell: func(p PullParams, _ actions.View) []string {
		return []string{shell.Line("docker", "pull", p.Image)}
	},
	Run: func(ctx context.Context, env *actions.Env, p PullParams) (Result, error) {
		if err := env.Permit(actions.ImagePull); err != nil {
			return Result{}, err
		}
		image, present, err := target.Pull(ctx, env, p.Image, p.Keep)
		return result(image, present), err
	},
})
