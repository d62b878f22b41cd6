package journal

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"isolab/actions"
)

// ReaperName is argv[0] of the process that StartReaper starts, by which the
// program's main function knows it, and people in a process list.
const ReaperName = "isolab-reaper"

// ReaperMain is the reaper, if args (os.Args) are those of one: then it waits for
// the end of the session, sweeps it unless it ended well, and returns true, upon
// which main returns. Main calls it first of all. The removers are asked for when
// they are needed, which is seldom; options say how it sweeps.
func ReaperMain(args []string, removers func() map[string]actions.Remover, options SweepOptions) (handled bool) {
	if len(args) < 3 || args[0] != ReaperName {
		return false
	}
	dir, session := args[len(args)-2], args[len(args)-1]
	detach()
	if engineEndedWell() || filepath.Base(session) != session {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	options.Session = session
	reap(ctx, dir, removers(), options)
	return true
}

// reap sweeps one session as soon as it is dead: the pipe closes a moment before
// the kernel gives up the flock, and a thread in a long system call may take
// longer. What fails is left to the next sweep, as nobody would read of it here.
func reap(ctx context.Context, dir string, removers map[string]actions.Remover, options SweepOptions) {
	const poll = 5 * time.Millisecond
	s := &sweep{dir: dir}
	for s.judge(options.Session) != dead {
		if !sleep(ctx, poll) {
			return
		}
	}
	_, _ = Sweep(ctx, dir, removers, options)
}

// Dismiss tells the reaper that the session ended well, and waits until it has
// ended, at most 3 s. A nil Reaper, and a second Dismiss, do nothing.
func (r *Reaper) Dismiss() error {
	if r == nil {
		return nil
	}
	if err := r.dismiss(3 * time.Second); err != nil {
		return fmt.Errorf("dismiss reaper: %w", err)
	}
	return nil
}
