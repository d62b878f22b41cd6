package measure

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"isolab/actions"
)

// track is what was read of one target.
type track struct {
	probe
	points []point
	ended  bool
}

// timing is how well the loop kept its time.
type timing struct {
	duration time.Duration // from the first reading to the last
	late     time.Duration // the longest delay of a reading
}

// sampleAll reads every target each interval until the time is over, or none of
// them is left.
func sampleAll(ctx context.Context, env *actions.Env, probes []probe, total, every time.Duration) ([]*track, timing, error) {
	tracks := make([]*track, len(probes))
	for i, p := range probes {
		tracks[i] = &track{probe: p}
	}
	began := env.Clock.Now()
	var kept timing
	for due := time.Duration(0); ; due += every {
		if err := env.Clock.Sleep(ctx, due-env.Clock.Now().Sub(began)); err != nil {
			return nil, kept, err
		}
		kept.late = max(kept.late, env.Clock.Now().Sub(began)-due)
		left, err := readAll(env, tracks, began)
		if err != nil {
			return nil, kept, err
		}
		kept.duration = env.Clock.Now().Sub(began)
		if due >= total || left == 0 {
			return tracks, kept, nil
		}
		due = skip(due, every, kept.duration, total)
	}
}

// skip leaves out the intervals that are over already, so that a late reading is
// not followed by a burst of them; the last one, at the end, is always taken.
func skip(due, every, now, total time.Duration) time.Duration {
	if missed := (now - due) / every; missed > 0 {
		due += missed * every
	}
	if due+every > total {
		return total - every
	}
	return due
}

func readAll(env *actions.Env, tracks []*track, began time.Time) (left int, err error) {
	for _, t := range tracks {
		if t.ended {
			continue
		}
		at := env.Clock.Now().Sub(began)
		p, err := t.read()
		if errors.Is(err, fs.ErrNotExist) {
			t.ended = true
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("sample %s: %w", t.name, err)
		}
		p.at = at
		t.points = append(t.points, p)
		left++
	}
	return left, nil
}
