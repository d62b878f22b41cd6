// Package protocol is what vmtest and the first process of its machine have agreed on.
package protocol

import "time"

// Path is where the machine finds its Work, as JSON.
const Path = "/commands.json"

// Work is what the machine has to do.
type Work struct {
	Commands [][]string
	Limit    time.Duration // for each command
}

// Lines that the first process writes to the console.
const (
	Exit  = "vmtest: exit "   // and the first exit code that is not 0; the last line
	Alive = "vmtest: I live." // every so often; a machine without one for long stands still
)

// Often is the time between two signs of life.
const Often = 10 * time.Second
