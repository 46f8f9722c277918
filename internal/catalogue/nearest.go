package catalogue

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// The bounds of what a sentence repeats or lists.
const (
	maxQuoted = 64
	maxListed = 12
)

// quoteShort returns the text as it is safe to repeat in a message.
func quoteShort(s string) string {
	if len(s) > maxQuoted {
		return fmt.Sprintf("%q…", s[:maxQuoted])
	}
	return fmt.Sprintf("%q", s)
}

// list returns "a, b and c", cut after maxListed names.
func list[S ~string](names []S) string {
	texts := make([]string, 0, maxListed)
	for _, name := range names[:min(len(names), maxListed)] {
		texts = append(texts, string(name))
	}
	switch left := len(names) - len(texts); {
	case left > 0:
		return fmt.Sprintf("%s and %d more", strings.Join(texts, ", "), left)
	case len(texts) < 2:
		return strings.Join(texts, "")
	}
	last := len(texts) - 1
	return strings.Join(texts[:last], ", ") + " and " + texts[last]
}

// didYouMean returns `, did you mean "x"` for the name that is nearest to the one
// given, or nothing when none is near.
func didYouMean(given string, names iter.Seq[string]) string {
	if len(given) > maxQuoted {
		return ""
	}
	best, least := "", max(2, len(given)/3)+1
	for _, name := range slices.Sorted(names) {
		if d := distance(strings.ToLower(given), strings.ToLower(name)); d < least {
			best, least = name, d
		}
	}
	if best == "" || best == AnyName {
		return ""
	}
	return fmt.Sprintf(", did you mean %q", best)
}

// distance returns how many bytes must be put in, taken out or changed to make b
// of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
