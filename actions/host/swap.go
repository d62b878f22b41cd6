package host

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"isolab/actions"
	"isolab/actions/shell"
	"isolab/actions/target"
	"isolab/schema/unit"
)

// SwapParams are the parameters of host.swap.
type SwapParams struct {
	Size unit.Size `json:"size" doc:"Size of the swap file." isolab:"main,required" example:"512MiB"`
}

// SwapResult is the result of host.swap.
type SwapResult struct {
	Path  string    `json:"path" expr:"path" doc:"The swap file."`
	Size  unit.Size `json:"size" expr:"size" doc:"How much swap it gives."`
	Total unit.Size `json:"total" expr:"total" doc:"Size of all swap areas of the machine now."`
}

// Origins implements actions.Sourced.
func (SwapResult) Origins() map[string]string {
	return map[string]string{"size": "/proc/swaps", "total": "/proc/meminfo"}
}

// Swap is host.swap.
var Swap = actions.Define(actions.Spec[SwapParams, SwapResult]{
	Name:    "host.swap",
	Summary: "Make a swap file and use it until the run ends",
	About: `Needs the permission ` + "`host.swap`" + `, and root. For lessons on what swap changes, on machines that have
none. The file lies in the run's scratch directory, which must be on a disk: a file system in
memory or an overlay takes no swap file, and the scenario is skipped. The end of the run switches
it off and removes it. With ` + "`--jobs`" + `, the scenario runs beside no other, as all of them see the swap.`,
	Alone: true,
	Example: `host.swap: 512MiB
as: swap
expect:
  - swap.total >= 500MiB
`,
	Needs: func(SwapParams, actions.Declared) []actions.Permission {
		return []actions.Permission{actions.HostSwap}
	},
	Check: func(p SwapParams, _ actions.Declared) error {
		if p.Size != 0 && (p.Size < unit.MiB || p.Size.IsUnlimited()) {
			return fmt.Errorf("size %v: at least 1 MiB, and not without limit", p.Size)
		}
		return nil
	},
	Shell: func(p SwapParams, _ actions.View) []string {
		const file = "/swapfile"
		return []string{shell.Line("fallocate", "-l", fmt.Sprint(int64(p.Size)), file), shell.Line("chmod", "600", file),
			shell.Line("mkswap", file), shell.Line("swapon", file)}
	},
	Run: func(_ context.Context, env *actions.Env, p SwapParams) (SwapResult, error) {
		if err := env.Permit(actions.HostSwap); err != nil {
			return SwapResult{}, err
		}
		if p.Size < unit.MiB || p.Size.IsUnlimited() {
			return SwapResult{}, errors.New("size: at least 1 MiB, and not without limit")
		}
		file := filepath.Join(env.Run.Dir, swapPrefix+"file")
		if env.Ledger.Holds("swap", file) {
			return SwapResult{}, errors.New("this run has a swap file already")
		}
		if err := env.Ledger.Intend("swap", file, map[string]string{"under": env.Run.Dir}); err != nil {
			return SwapResult{}, fmt.Errorf("journal swap %s: %w", file, err)
		}
		if err := makeSwap(file, p.Size); err != nil {
			return SwapResult{}, errors.Join(fmt.Errorf("make swap: %w", err), dropSwap(file))
		}
		return readSwap(env, file)
	},
})

// readSwap says what the kernel made of the file.
func readSwap(env *actions.Env, file string) (SwapResult, error) {
	fs, err := target.Proc(env)
	if err != nil {
		return SwapResult{}, err
	}
	areas, err := fs.Swaps()
	if err != nil {
		return SwapResult{}, target.Unsupported(err)
	}
	result := SwapResult{Path: file}
	for _, area := range areas {
		result.Total += area.Size
		if area.Path == file {
			result.Size = area.Size
		}
	}
	return result, nil
}

// The names of what this family makes in the run's directory begin with these, and
// the removers touch nothing else.
const (
	swapPrefix = "swap-"
	diskPrefix = "disk-"
)

// Removers remove what this family journals, in any process and by name alone:
// swap and disk.
func Removers() map[string]actions.Remover {
	return map[string]actions.Remover{
		"swap": func(_ context.Context, file string, attrs map[string]string) error {
			if err := checkOurs(file, attrs["under"], swapPrefix); err != nil {
				return err
			}
			return dropSwap(file)
		},
		"disk": func(ctx context.Context, dir string, attrs map[string]string) error {
			if err := checkOurs(dir, attrs["under"], diskPrefix); err != nil {
				return err
			}
			return dropDisk(ctx, dir)
		},
	}
}

// checkOurs refuses what a run does not make, whatever a damaged journal says.
func checkOurs(path, under, prefix string) error {
	base := filepath.Base(path)
	if !filepath.IsAbs(path) || filepath.Dir(path) != filepath.Clean(under) || len(base) <= len(prefix) || base[:len(prefix)] != prefix {
		return fmt.Errorf("remove %s: not one that a run makes in %q", path, under)
	}
	return nil
}
