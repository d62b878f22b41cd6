package image

import (
	"context"
	"errors"
	"fmt"

	"isolab/actions"
	"isolab/actions/runtime"
	"isolab/schema/unit"
)

// Actions lists the family's actions.
func Actions() []actions.Action { return []actions.Action{Pull, Build, Load} }

// Removers remove images by reference, in any process. open gives the runtime of
// a name, as it stands in the journal's entry.
func Removers(open func(ctx context.Context, name string) (runtime.Runtime, error)) map[string]actions.Remover {
	return map[string]actions.Remover{
		"image": func(ctx context.Context, ref string, attrs map[string]string) error {
			rt, err := open(ctx, attrs["runtime"])
			if err != nil {
				return fmt.Errorf("remove image %s: %w", ref, err)
			}
			err = rt.Images().Remove(ctx, ref, attrs["id"])
			if attrs["common"] != "" && errors.Is(err, runtime.ErrConflict) {
				return nil // a container uses the built-in image, and is not for us to remove
			}
			return err
		},
	}
}

// Result is the result of every action that brings an image.
type Result struct {
	Ref     string    `json:"ref" expr:"ref" doc:"The reference that the image is known by here."`
	ID      string    `json:"id" expr:"id" doc:"The content digest of the image, sha256:…."`
	Size    unit.Size `json:"size" expr:"size" doc:"What the image takes, unpacked."`
	OS      string    `json:"os" expr:"os" doc:"The operating system that the image is for."`
	Arch    string    `json:"arch" expr:"arch" doc:"The processor architecture that the image is for."`
	Present bool      `json:"present" expr:"present" doc:"Whether it was there already."`
}

func result(image runtime.Image, present bool) Result {
	return Result{Ref: image.Ref, ID: image.ID, Size: unit.Size(image.Size), OS: image.OS, Arch: image.Arch, Present: present}
}
