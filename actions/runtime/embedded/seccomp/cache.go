package seccomp

import (
	"strings"
	"sync"
)

// Cache keeps compiled programs: a run starts many containers with one profile.
// The zero value is ready for concurrent use.
type Cache struct {
	mu       sync.Mutex
	programs map[string][]byte
}

// Compile is [Compile], once for each profile and set of capabilities.
func (c *Cache) Compile(profile string, capabilities []string) ([]byte, error) {
	key := profile + "\x00" + strings.Join(capabilities, ",")
	c.mu.Lock()
	defer c.mu.Unlock()
	if program, known := c.programs[key]; known {
		return program, nil
	}
	program, err := Compile(profile, capabilities)
	if err != nil {
		return nil, err
	}
	if c.programs == nil {
		c.programs = map[string][]byte{}
	}
	c.programs[key] = program
	return program, nil
}
