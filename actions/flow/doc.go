// Package flow is the actions that touch nothing: they pass time, wait for the
// presenter, and speak to the audience.
package flow
