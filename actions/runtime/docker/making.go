package docker

import (
	"context"
	"slices"
	"sync"
)

// making is what the daemon is at work on. It goes on making a container, or loading
// an image, when the client that asked for it hangs up; whatever came of it would
// then be nobody's. So such a request is not cut off, neither for its caller nor for
// our patience: whoever asked is let go when the context ends, and whoever removes
// the thing waits for the request's end first.
type making struct {
	mu   sync.Mutex
	open map[string][]chan struct{} // by name of the thing; each is closed at its request's end
}

// allImages is the name that stands for whatever image is being loaded.
const allImages = "image"

// uncut has do make the thing of that name. It returns when do has, or with the
// context's cause while do goes on.
func uncut[T any](ctx context.Context, m *making, name string, do func(context.Context) (T, error)) (T, error) {
	type outcome struct {
		made T
		err  error
	}
	if ctx.Err() != nil {
		return outcome{}.made, context.Cause(ctx)
	}
	done := m.begin(name)
	result := make(chan outcome, 1)
	go func() {
		made, err := do(context.WithoutCancel(ctx))
		m.end(name, done)
		result <- outcome{made, err}
	}()
	select {
	case o := <-result:
		return o.made, o.err
	case <-ctx.Done():
		return outcome{}.made, context.Cause(ctx)
	}
}

func (m *making) begin(name string) chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open == nil {
		m.open = map[string][]chan struct{}{}
	}
	done := make(chan struct{})
	m.open[name] = append(m.open[name], done)
	return done
}

func (m *making) end(name string, done chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open[name] = slices.DeleteFunc(m.open[name], func(other chan struct{}) bool { return other == done })
	if len(m.open[name]) == 0 {
		delete(m.open, name)
	}
	close(done)
}

// settled waits until all is made of that name that was begun.
func (m *making) settled(ctx context.Context, name string) error {
	m.mu.Lock()
	open := slices.Clone(m.open[name])
	m.mu.Unlock()
	for _, done := range open {
		select {
		case <-done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
