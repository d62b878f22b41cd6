package expr

import (
	"fmt"
	"io"
	"regexp"
	"regexp/syntax"
	"strings"
)

// matcher is a pattern whose cost is known.
type matcher struct {
	pattern *regexp.Regexp
	states  int
}

// maxStates bounds a pattern's size. Go's patterns never backtrack, so matching
// costs at most the length of the text times this.
const maxStates = 1000

func newMatcher(pattern string) (*matcher, error) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("the pattern is not right: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	states := stateCount(tree)
	if states > maxStates {
		return nil, fmt.Errorf("the pattern is too large: its repetitions multiply to more than %d states", maxStates)
	}
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("the pattern is not right: %w", err)
	}
	return &matcher{compiled, states}, nil
}

// stateCount estimates the states of the compiled pattern, without compiling it.
func stateCount(re *syntax.Regexp) int {
	count := 1 + len(re.Rune)/2
	for _, sub := range re.Sub {
		count += stateCount(sub)
	}
	if re.Op == syntax.OpRepeat {
		count *= max(re.Min, re.Max, 1)
	}
	return min(count, maxStates+1)
}

// smallMatch is the product of text length and states up to which the matcher
// need not look at the clock: about ten milliseconds.
const smallMatch = 1 << 20

func (m *matcher) match(r *run, v any) (any, error) {
	s, ok := v.(string)
	if !ok {
		return nil, fmt.Errorf("matches needs text, not %s", valueType(v))
	}
	if len(s)*m.states <= smallMatch {
		return m.pattern.MatchString(s), r.spend(len(s) * m.states / 16)
	}
	reader := &pacedReader{r: r, text: strings.NewReader(s), cost: 1 + m.states/4}
	matched := m.pattern.MatchReader(reader)
	return matched, reader.err
}

// pacedReader hands out a long text rune by rune, and ends it when time is up.
type pacedReader struct {
	r    *run
	text *strings.Reader
	cost int
	err  error
}

// ReadRune implements io.RuneReader.
func (p *pacedReader) ReadRune() (rune, int, error) {
	if p.err = p.r.spend(p.cost); p.err != nil {
		return 0, 0, io.EOF
	}
	return p.text.ReadRune()
}
