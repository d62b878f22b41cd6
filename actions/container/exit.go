package container

import (
	"context"
	"errors"
	"fmt"
	"time"

	"isolab/actions"
	"isolab/actions/output"
	"isolab/actions/runtime"
	"isolab/actions/signal"
	"isolab/actions/target"
)

// failed words an ended command as a failure of its step, or is nil.
func failed(what string, code, number int, oom bool, stderr string) error {
	if code == 0 && number == 0 {
		return nil
	}
	return fmt.Errorf("%s %s", what, target.HowEnded(code, number, oom, stderr))
}

// collect reads what the container's main process wrote.
func collect(ctx context.Context, env *actions.Env, runtimeName string) (stdout, stderr *output.Buffer, err error) {
	stdout, stderr = output.New(env.OutputMax), output.New(env.OutputMax)
	if err := env.Runtime.Logs(ctx, runtimeName, stdout, stderr); err != nil {
		return stdout, stderr, fmt.Errorf("read the container's output: %w", err)
	}
	return stdout, stderr, nil
}

// await waits for the main process. When the step's time is over it kills the
// container: a timeout must not leave a workload burning the machine.
func await(ctx context.Context, env *actions.Env, name, runtimeName string) (runtime.Exit, error) {
	exit, err := env.Runtime.Wait(ctx, runtimeName)
	if err == nil && exit.Err != "" {
		err = errors.New(exit.Err)
	}
	if err == nil {
		return exit, nil
	}
	err = fmt.Errorf("wait for container %s: %w", name, err)
	if ctx.Err() == nil {
		return exit, err
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	return exit, errors.Join(err, end(after, env, runtimeName))
}

// end kills a container that may be paused, ended or gone.
func end(ctx context.Context, env *actions.Env, runtimeName string) error {
	err := env.Runtime.Signal(ctx, runtimeName, signal.Kill)
	if errors.Is(err, runtime.ErrNotRunning) || errors.Is(err, runtime.ErrNotFound) {
		return nil
	}
	return err
}

// lasted is how long the main process ran; zero when the runtime cannot tell.
func lasted(exit runtime.Exit) time.Duration {
	if exit.Started.IsZero() || exit.Finished.Before(exit.Started) {
		return 0
	}
	return exit.Finished.Sub(exit.Started)
}

// known sets the counts that were not read before the cgroup was gone to zero,
// and gives the reason for each by the name that expressions use.
func known(final runtime.Accounting) (runtime.Accounting, map[string]string) {
	const reason = "the kernel does not count it (memory.peak came with Linux 5.19), or it was gone with the container's cgroup before it could be read"
	missing := map[string]string{}
	for name, count := range map[string]*int64{"oom_kills": &final.OOMKills, "memory_peak": &final.MemoryPeak,
		"failures": &final.Failures, "cpu": (*int64)(&final.CPU)} {
		if *count < 0 {
			*count = 0
			missing[name] = reason
		}
	}
	if final.Failures == 0 && final.OOMKills > 0 {
		missing["failures"] = "this kernel does not count hits of the limit on memory and swap together (memory.memsw.failcnt); see oom_kills"
	}
	return final, missing
}
