package journal

import (
	"cmp"
	"context"
	"time"

	"isolab/actions"
)

// Cleanup removes what a run has made, the latest first, and crosses it out. It
// has its own deadline (Options.Timeout) and does not end with ctx, which usually
// has ended already. What could not be removed stays in the journal, and is named
// in the report.
func (j *Journal) Cleanup(ctx context.Context, run string, removers map[string]actions.Remover) Report {
	return j.removeWhere(ctx, removers, func(e Entry) bool { return e.Run == run && run != "" })
}

// Close ends the session: it removes what the runs share, and what is left of
// them; then the journal and its lock go, and the reaper with them. When something
// could not be removed or is kept (Keep), the journal stays for the next Sweep.
// The deadline is as in Cleanup. A second Close does nothing.
func (j *Journal) Close(ctx context.Context, removers map[string]actions.Remover) Report {
	if !j.shut() {
		return Report{}
	}
	report := j.removeWhere(ctx, removers, func(e Entry) bool { return !j.says.spares(e) })
	j.mu.Lock()
	defer j.mu.Unlock()
	report.Kept = j.says.reversed(j.says.spares)
	if len(j.says.open) > 0 {
		report.fail(j.letGo())
	} else if j.session != "" {
		report.fail(j.forget())
	}
	report.fail(j.reaper.Dismiss())
	j.reaper = nil
	return report
}

// shut refuses further intents; false when that was done before.
func (j *Journal) shut() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	first := !j.closed
	j.closed = true
	return first
}

func (j *Journal) removeWhere(ctx context.Context, removers map[string]actions.Remover, want func(Entry) bool) Report {
	began := time.Now()
	j.mu.Lock()
	entries := j.says.reversed(want)
	j.mu.Unlock()
	timeout := cmp.Or(j.options.Timeout, defaultTimeout)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	var report Report
	report.Left = removal{
		removers: removers,
		attempts: cmp.Or(j.options.Attempts, defaultAttempts),
		patience: timeout / 4,
		crash:    j.crash,
		removed:  func(e Entry) { report.Removed = append(report.Removed, e); j.crossOut(e) },
	}.all(ctx, entries)
	report.Took = time.Since(began)
	return report
}

// crossOut crosses out what is gone. Where the disk has no room for that, no harm
// is done: a sweep would find that it is gone.
func (j *Journal) crossOut(e Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.cross(e.key()); err != nil {
		j.note("%v", err)
	}
}
