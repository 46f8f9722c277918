package account

import (
	"crypto/rand"
	"strings"
)

// The length of a key's text: what an operator may choose, and what is looked up
// at all.
const (
	minText = 32
	maxText = 512
)

const (
	livePrefix = "thk_live_"
	testPrefix = "thk_test_"
	base62     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// newText returns the text of a new key: a prefix and 32 random characters, 190
// bits.
func newText(test bool) string {
	prefix := livePrefix
	if test {
		prefix = testPrefix
	}
	text := []byte(prefix)
	for end := len(prefix) + 32; len(text) < end; {
		var random [48]byte
		rand.Read(random[:])
		for _, b := range random {
			// Bytes beyond the last whole alphabet would make its first
			// characters likelier than others.
			if b < 4*62 && len(text) < end {
				text = append(text, base62[b%62])
			}
		}
	}
	return string(text)
}

// isTest reports whether the second segment of a key says "test": thk_test_…, and
// keys of other makers such as river_test_….
func isTest(text string) bool {
	parts := strings.SplitN(text, "_", 3)
	return len(parts) == 3 && parts[1] == "test"
}

// hint returns the first characters of a key, to recognise it by: its prefix, if
// it has a short one, and two more.
func hint(text string) string {
	shown := 0
	if parts := strings.SplitN(text, "_", 3); len(parts) == 3 && len(parts[0])+len(parts[1]) <= 12 {
		shown = len(parts[0]) + len(parts[1]) + len("__")
	}
	return text[:min(shown+2, len(text))] + "…"
}

// usable reports whether the text may be a key: long enough not to be guessed and
// of characters that any header carries.
func usable(text string) bool {
	return len(text) >= minText && len(text) <= maxText &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}
