package signal_test

import (
	"testing"

	"isolab/actions/signal"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]int{"KILL": 9, "SIGKILL": 9, "kill": 9, "sigterm": 15, "9": 9, "64": 64, "SYS": 31} {
		if got, err := signal.Parse(text); err != nil || int(got) != want {
			t.Errorf("Parse(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "65", "-1", "KILLED", "SIG"} {
		if got, err := signal.Parse(text); err == nil {
			t.Errorf("Parse(%q) = %d; want an error", text, got)
		}
	}
}

func TestName(t *testing.T) {
	for number, want := range map[int]string{0: "", 9: "SIGKILL", 15: "SIGTERM", 31: "SIGSYS", 34: "SIG34"} {
		if got := signal.Name(number); got != want {
			t.Errorf("Name(%d) = %q; want %q", number, got, want)
		}
	}
}
