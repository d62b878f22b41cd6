package target

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"isolab/actions"
	"isolab/actions/runtime"
	"isolab/actions/signal"
)

// Ended turns a runtime's ErrNotRunning for a container whose program has ended into
// one that says how, and what the program wrote last. Any other error stays.
func Ended(ctx context.Context, env *actions.Env, runtimeName string, err error) error {
	if !errors.Is(err, runtime.ErrNotRunning) {
		return err
	}
	seen, unseen := env.Runtime.Inspect(ctx, runtimeName)
	if unseen != nil || seen.State != runtime.StateExited {
		return err
	}
	return ended(ctx, env, runtimeName, seen.Exit)
}

func ended(ctx context.Context, env *actions.Env, runtimeName string, exit runtime.Exit) error {
	if exit.Err != "" {
		return fmt.Errorf("%w: %s", runtime.ErrNotRunning, exit.Err)
	}
	var stdout, stderr tail
	_ = env.Runtime.Logs(ctx, runtimeName, &stdout, &stderr) // without it the exit code has to do
	said := string(stderr)
	if strings.TrimSpace(said) == "" {
		said = string(stdout)
	}
	return fmt.Errorf("%w: its command %s", runtime.ErrNotRunning, HowEnded(exit.Code, exit.Signal, exit.OOMKilled, said))
}

// HowEnded words the end of a command: "exited with 2: no such file". The last line that
// it wrote is where programs say why.
func HowEnded(code, number int, oom bool, wrote string) string {
	how := fmt.Sprintf("exited with %d", code)
	if number != 0 {
		how = fmt.Sprintf("was ended by %s (exit code %d)", signal.Name(number), code)
	}
	if oom {
		how += ", out of memory"
	}
	if said := lastLine(wrote); said != "" {
		how += ": " + said
	}
	return how
}

// lastLine leaves out the usage that follows a complaint: it says less.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	last := len(lines) - 1
	for last > 0 && strings.HasPrefix(strings.ToLower(lines[last]), "usage:") {
		last--
	}
	const most = 200
	line := strings.TrimSpace(lines[last])
	return line[:min(len(line), most)]
}

// tail is a writer that keeps the last bytes.
type tail []byte

// tailBytes is more than a line that is shown.
const tailBytes = 4 << 10

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	*t = append(*t, p[max(0, len(p)-tailBytes):]...)
	*t = (*t)[max(0, len(*t)-tailBytes):]
	return len(p), nil
}
