package image

import (
	"context"

	"isolab/actions"
	"isolab/actions/shell"
	"isolab/actions/target"
)

// BuildParams are the parameters of image.build.
type BuildParams struct {
	Dir string `json:"dir" doc:"Directory beside the scenario with a Dockerfile." isolab:"main,required,literal" example:"server"`
	Tag string `json:"tag" doc:"Reference of the image that is made; left out, one of the run's own." isolab:"literal" example:"server:lesson"`
}

// Build is image.build.
var Build = actions.Define(actions.Spec[BuildParams, Result]{
	Name:    "image.build",
	Summary: "Make an image from a directory with a Dockerfile",
	About: `Needs the permission ` + "`image.build`" + `, because the commands of the Dockerfile run. The image is
removed when the run ends; containers of later steps may name its tag. A tag that another image
has already is refused. The image workload is no base for it: it is isolab's own, and Docker's
builder does not know it.`,
	Example: `image.build: {dir: server, tag: "server:lesson"}
as: image
expect:
  - image.size > 0B
`,
	Needs: func(BuildParams, actions.Declared) []actions.Permission {
		return []actions.Permission{actions.ImageBuild}
	},
	Makes: func(p BuildParams) string { return p.Tag },
	Shell: func(p BuildParams, _ actions.View) []string {
		words := []string{"docker", "build"}
		if p.Tag != "" {
			words = append(words, "--tag", p.Tag)
		}
		return []string{shell.Line(append(words, p.Dir)...)}
	},
	Run: func(ctx context.Context, env *actions.Env, p BuildParams) (Result, error) {
		tag := p.Tag
		if tag == "" {
			tag = env.Run.Name("built")
		}
		image, err := target.Build(ctx, env, p.Dir, tag)
		return result(image, false), err
	},
})
