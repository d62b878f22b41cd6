package event

// Outcome is what became of a claim, a step, a case or a scenario. The five are
// never confused: a claim that is false is not one that could not be judged.
type Outcome string

// The outcomes, the least grave first.
const (
	Passed       Outcome = "passed"       // every claim holds
	Skipped      Outcome = "skipped"      // this machine cannot show it
	Inconclusive Outcome = "inconclusive" // the machine was too noisy to tell
	Failed       Outcome = "failed"       // a claim is false
	Errored      Outcome = "error"        // we could not tell
)

// Outcomes lists them, the least grave first.
var Outcomes = [...]Outcome{Passed, Skipped, Inconclusive, Failed, Errored}

// Worse returns the graver of two outcomes; the empty outcome is the mildest.
func Worse(a, b Outcome) Outcome {
	if rank(b) > rank(a) {
		return b
	}
	return a
}

func rank(o Outcome) int {
	for i, known := range Outcomes {
		if o == known {
			return i
		}
	}
	return -1
}
