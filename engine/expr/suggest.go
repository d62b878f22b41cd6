package expr

import (
	"slices"
	"strings"
	"unicode/utf8"

	"isolab/schema"
)

// nearest finds the known name that a misspelt one most likely means. The answer
// does not depend on the order of the names.
func nearest(name string, known []string) (string, bool) {
	if utf8.RuneCountInString(name) < 2 {
		return "", false
	}
	near := schema.Nearest(name, slices.Sorted(slices.Values(known)))
	return near, near != ""
}

// knownNames lists names for a hint, the first dozen in order.
func knownNames(names []string) string {
	sorted := slices.Sorted(slices.Values(names))
	if len(sorted) > 12 {
		return strings.Join(sorted[:12], ", ") + ", …"
	}
	return strings.Join(sorted, ", ")
}
