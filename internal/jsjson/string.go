package jsjson

import (
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends s as JSON.stringify writes a string, quotes included.
// Bytes that are not UTF-8 become U+FFFD each.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if isPlain(c) {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			dst = appendUnit(dst, rune(c))
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[start:i]...)
			dst = utf8.AppendRune(dst, utf8.RuneError)
			start = i + size
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// string reads the string whose opening quote is at pos.
func (p *parser) string() error {
	opening := p.pos
	p.pos++
	p.out = append(p.out, '"')
	for {
		if err := p.plainRun(); err != nil {
			return err
		}
		switch c := p.peek(); {
		case p.pos == len(p.src):
			return errorAt(opening, "a string is not closed")
		case c == '"':
			p.pos++
			p.out = append(p.out, '"')
			return nil
		case c == '\\':
			if err := p.escape(); err != nil {
				return err
			}
		default:
			return errorAt(p.pos, "the control character 0x%02x in a string must be escaped", c)
		}
	}
}

// plainRun copies all that may stand in a string as it is.
func (p *parser) plainRun() error {
	src, start, i := p.src, p.pos, p.pos
	for i < len(src) {
		c := src[i]
		if isPlain(c) {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			break
		}
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size == 1 {
			return errorAt(i, "the byte 0x%02x is not part of valid UTF-8", c)
		}
		i += size
	}
	p.out = append(p.out, src[start:i]...)
	p.pos = i
	return nil
}

// escape reads one escape, or the two that make up a surrogate pair.
func (p *parser) escape() error {
	r, size := escaped(p.src[p.pos:])
	if size == 0 {
		return errorAt(p.pos, "an escape in a string is not one of JSON")
	}
	p.pos += size
	if utf16.IsSurrogate(r) {
		next, size := escaped(p.src[p.pos:])
		if pair := utf16.DecodeRune(r, next); pair != utf8.RuneError {
			p.pos += size
			r = pair
		}
	}
	p.out = appendUnit(p.out, r)
	return nil
}

// escaped decodes the escape at the start of src. The size is 0 if there is none.
func escaped(src []byte) (r rune, size int) {
	if len(src) < 2 || src[0] != '\\' {
		return 0, 0
	}
	switch c := src[1]; c {
	case '"', '\\', '/':
		return rune(c), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		return escapedUnit(src[2:])
	}
	return 0, 0
}

// escapedUnit decodes the four digits that follow "\u".
func escapedUnit(digits []byte) (r rune, size int) {
	if len(digits) < 4 {
		return 0, 0
	}
	for _, c := range digits[:4] {
		switch {
		case isDigit(c):
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, 0
		}
	}
	return r, 6
}

// appendUnit appends a character, or one half of a surrogate pair, escaped if
// it must be.
func appendUnit(dst []byte, r rune) []byte {
	switch {
	case r == '"' || r == '\\':
		return append(dst, '\\', byte(r))
	case r == '\b':
		return append(dst, '\\', 'b')
	case r == '\f':
		return append(dst, '\\', 'f')
	case r == '\n':
		return append(dst, '\\', 'n')
	case r == '\r':
		return append(dst, '\\', 'r')
	case r == '\t':
		return append(dst, '\\', 't')
	case r < ' ' || utf16.IsSurrogate(r):
		return append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
	}
	return utf8.AppendRune(dst, r)
}

// isPlain reports whether an ASCII character stands in a string unescaped.
func isPlain(c byte) bool { return c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' }
