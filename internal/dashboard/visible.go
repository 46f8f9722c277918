package dashboard

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// visible makes what is hidden in a rendered page plain: control characters,
// those that turn the direction of the text around them, and bytes that are no
// UTF-8. It is applied to whole pages, so that no place can forget it; what it
// writes is safe in text and in attributes alike.
func visible(page []byte) []byte {
	if bytes.IndexFunc(page, hidden) < 0 {
		return page
	}
	out := make([]byte, 0, len(page)+64)
	for len(page) > 0 {
		r, n := utf8.DecodeRune(page)
		switch {
		case !hidden(r):
			out = append(out, page[:n]...)
		case r == utf8.RuneError:
			out = utf8.AppendRune(out, r)
		case r < ' ':
			out = utf8.AppendRune(out, 0x2400+r) // the picture of the character
		case r == 0x7f:
			out = utf8.AppendRune(out, 0x2421)
		default:
			out = fmt.Appendf(out, "[U+%04X]", r)
		}
		page = page[n:]
	}
	return out
}

// hidden reports whether a reader would not see the rune, or see others wrongly
// for it. The replacement character stands for bytes that are no UTF-8.
func hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < ' ', r >= 0x7f && r < 0xa0, r == utf8.RuneError:
		return true
	}
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
