package console

import (
	"fmt"
	"io"
	"sync"
	"time"

	"isolab/engine/event"
)

// statusEvery is how often the status line is drawn anew.
const statusEvery = 200 * time.Millisecond

// status is one line at the bottom of a terminal that says what runs and for how
// long. A nil status shows nothing.
type status struct {
	mu     sync.Mutex
	out    io.Writer
	width  int
	text   string
	since  time.Time
	drawn  bool
	closed chan struct{}
	once   sync.Once
}

func newStatus(out io.Writer, width int) *status {
	s := &status{out: out, width: width, closed: make(chan struct{})}
	go s.tick()
	return s
}

func (s *status) tick() {
	ticker := time.NewTicker(statusEvery)
	defer ticker.Stop()
	for {
		select {
		case <-s.closed:
			return
		case <-ticker.C:
			s.show()
		}
	}
}

// follow takes from an event what runs now.
func (s *status) follow(e event.Event) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e.Kind {
	case event.StepStart:
		title := e.StepInfo.Title
		if title == "" {
			title = e.StepInfo.Action
		}
		s.text, s.since = e.Name+": "+title, time.Now()
		if e.StepInfo.Action == "flow.pause" {
			s.text = "" // the prompt stands there
		}
	case event.StepTry:
		s.text = fmt.Sprintf("%s: %d of %d claims hold, try %d", e.Name, e.Try.Holding, e.Try.Claims, e.Try.Count)
	case event.StepEnd:
		s.text, s.since = e.Name+": …", time.Now()
	case event.ScenarioEnd, event.SessionEnd:
		s.text = ""
	}
}

// show draws the line; hide takes it away, so that text can be written above.
func (s *status) show() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.text == "" || time.Since(s.since) < statusEvery {
		return
	}
	fmt.Fprintf(s.out, "\r\x1b[K%s", cut(fmt.Sprintf("  %s  %.0f s", s.text, time.Since(s.since).Seconds()), s.width-1))
	s.drawn = true
}

func (s *status) hide() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drawn {
		fmt.Fprint(s.out, "\r\x1b[K")
		s.drawn = false
	}
}

func (s *status) stop() {
	if s == nil {
		return
	}
	s.once.Do(func() { close(s.closed) })
	s.mu.Lock()
	s.text = ""
	s.mu.Unlock()
	s.hide()
}
