package main

import (
	"io"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"isolab/cmd/isolab/console"
	"isolab/engine/event"
)

// newLog makes the log of what isolab itself does, apart from what a scenario
// shows: sweeps, reapers, the choice of a runtime. It goes to standard error, for
// people on a terminal and as JSON lines elsewhere when json is set.
func newLog(out io.Writer, level string, json bool) (zerolog.Logger, error) {
	at, err := zerolog.ParseLevel(level)
	if err != nil {
		return zerolog.Nop(), usagef("--log %s: there is debug, info, warn, error and disabled", level)
	}
	if json {
		return zerolog.New(out).Level(at).With().Timestamp().Logger(), nil
	}
	file, _ := out.(*os.File)
	plain := file == nil || !console.For(file, console.Brief).Color
	pretty := zerolog.ConsoleWriter{Out: out, NoColor: plain, PartsOrder: []string{zerolog.MessageFieldName},
		FormatMessage: func(message any) string { return "isolab: " + message.(string) }}
	return zerolog.New(pretty).Level(at), nil
}

// logWriter takes what the standard library and the Docker client say of their
// own, such as net/http of a socket that talks out of turn: at level debug.
type logWriter struct{ log zerolog.Logger }

func (w logWriter) Write(line []byte) (int, error) {
	w.log.Debug().Msg(console.Clean(strings.TrimSpace(string(line))))
	return len(line), nil
}

// logged is the sink that writes what the engine does to the log, at level debug.
func logged(log zerolog.Logger) event.Sink {
	return func(e event.Event) {
		line := log.Debug().Str("run", e.Run).Str("scenario", e.Name)
		if e.Step > 0 {
			line = line.Int("step", e.Step)
		}
		if e.StepInfo != nil {
			line = line.Str("action", e.StepInfo.Action)
		}
		if e.Claim != nil {
			line = line.Str("claim", e.Claim.Text).Str("outcome", string(e.Claim.Outcome))
		}
		if e.End != nil {
			line = line.Str("outcome", string(e.End.Outcome)).Dur("took", e.End.Duration.Round(time.Microsecond))
		}
		line.Msg(string(e.Kind))
	}
}
