package schema

import "strings"

// Nearest returns the known name that was most likely meant by a misspelt one, or
// "" when none is near: at most a third of the characters may be wrong, counting
// a swap of two neighbours as one mistake. Where none is, it is the only name that
// begins like a word that was cut short.
func Nearest(name string, known []string) string {
	if len(name) < 2 || len(name) > MaxName {
		return ""
	}
	limit := max(len(name)/3, 1)
	best, least := "", 2*limit+2
	for _, candidate := range known {
		if strings.EqualFold(unjoined(candidate), unjoined(name)) {
			return candidate
		}
		if abs(len(candidate)-len(name)) > limit {
			continue
		}
		if distance := likeness(name, candidate); distance < least {
			best, least = candidate, distance
		}
	}
	if best == "" {
		return completed(name, known)
	}
	return best
}

// completed is the one known name that begins with a word of some length; "" when there
// are none or several.
func completed(beginning string, known []string) (found string) {
	for _, candidate := range known {
		rest, ok := strings.CutPrefix(candidate, strings.ToLower(beginning))
		if !ok || len(beginning) < 4 || rest[0] == '.' {
			continue
		}
		if found != "" {
			return ""
		}
		found = candidate
	}
	return found
}

// likeness is twice the edit distance without regard to case, and one more when
// the case differs: of two names that are as near, the one in the same case wins.
func likeness(name, candidate string) int {
	distance := 2 * editDistance(strings.ToLower(name), strings.ToLower(candidate))
	if (name == strings.ToLower(name)) != (candidate == strings.ToLower(candidate)) {
		distance++
	}
	return distance
}

// unjoined takes out the signs by which words are joined: read-only is read_only.
func unjoined(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "-", ""), "_", "")
}

func abs(n int) int { return max(n, -n) }

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours that lead from a to b (optimal string alignment).
func editDistance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}

// either joins words as a choice: "a, b or c".
func either(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
