package image

import (
	"context"

	"isolab/actions"
	"isolab/actions/shell"
	"isolab/actions/target"
)

// LoadParams are the parameters of image.load.
type LoadParams struct {
	File string `json:"file" doc:"File or directory beside the scenario: an OCI layout or a docker save tarball." isolab:"main,required,literal" example:"server.tar"`
}

// Load is image.load.
var Load = actions.Define(actions.Spec[LoadParams, Result]{
	Name:    "image.load",
	Summary: "Import an image from a file beside the scenario",
	About: `Needs no network and no registry, which makes it the way to hand an image to a class. What the
file brings is removed when the run ends, unless that very image was there before. A tag that
another image has already is refused.`,
	Example: `image.load: server.tar
as: image
expect:
  - image.os == "linux"
`,
	Shell: func(p LoadParams, _ actions.View) []string {
		return []string{shell.Line("docker", "load", "--input", p.File)}
	},
	Run: func(ctx context.Context, env *actions.Env, p LoadParams) (Result, error) {
		image, err := target.Load(ctx, env, p.File)
		return result(image, false), err
	},
})
