// Package scenarios holds the lessons that are built into the binary, one folder
// each: scenario.yaml and what it needs beside it.
package scenarios

import "embed"

// FS is every lesson's folder.
//
//go:embed */*.yaml
var FS embed.FS
