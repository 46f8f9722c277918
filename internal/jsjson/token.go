package jsjson

import (
	"fmt"
	"unicode/utf8"
)

// peek returns the byte at pos, and 0, which no token starts with, at the end.
func (p *parser) peek() byte {
	if p.pos < len(p.src) {
		return p.src[p.pos]
	}
	return 0
}

func (p *parser) skipSpace() {
	for p.pos < len(p.src) {
		switch p.src[p.pos] {
		case ' ', '\n', '\t', '\r':
			p.pos++
		default:
			return
		}
	}
}

// open passes over the opening bracket at pos and the space behind it.
func (p *parser) open(bracket byte) error {
	if p.depth == MaxDepth {
		return errorAt(p.pos, "nested deeper than %d levels", MaxDepth)
	}
	p.depth++
	p.pass(bracket)
	return nil
}

// close passes over the closing bracket if it stands at pos.
func (p *parser) close(bracket byte) bool {
	if p.peek() != bracket {
		return false
	}
	p.depth--
	p.pos++
	p.out = append(p.out, bracket)
	return true
}

// separator passes over c and the space behind it.
func (p *parser) separator(c byte, wanted string) error {
	if p.peek() != c {
		return p.unexpected(wanted)
	}
	p.pass(c)
	return nil
}

func (p *parser) pass(c byte) {
	p.pos++
	p.out = append(p.out, c)
	p.skipSpace()
}

// end makes sure that nothing but space is left.
func (p *parser) end() error {
	p.skipSpace()
	if p.pos < len(p.src) {
		return p.unexpected("nothing more")
	}
	return nil
}

// unexpected says what stands at pos in place of what was wanted.
func (p *parser) unexpected(wanted string) error {
	found := "the end of the input"
	if p.pos < len(p.src) {
		r, size := utf8.DecodeRune(p.src[p.pos:])
		found = fmt.Sprintf("%q", r)
		if r == utf8.RuneError && size == 1 {
			found = fmt.Sprintf("the byte 0x%02x", p.src[p.pos])
		}
	}
	return errorAt(p.pos, "expected %s, found %s", wanted, found)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
