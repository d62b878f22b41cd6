// Package console shows a run on a terminal. It reads events and nothing else, so
// a recorded log can be shown again exactly as it was.
package console
