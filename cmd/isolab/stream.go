package main

import (
	"os"
	"sync"
)

// stream is standard output. It keeps the first error of a write: what nobody could
// read, such as a list on a full disk, is no success.
type stream struct {
	*os.File

	mu     sync.Mutex
	failed error
}

func (s *stream) Write(p []byte) (int, error) {
	n, err := s.File.Write(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.failed = err
	}
	return n, err
}

// WriteString hides the file's own, which would pass Write by.
func (s *stream) WriteString(text string) (int, error) { return s.Write([]byte(text)) }

// err is what went wrong with a write.
func (s *stream) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}
