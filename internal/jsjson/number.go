package jsjson

import (
	"strconv"

	"github.com/gowebpki/jcs"
)

// AppendNumber appends f as JSON.stringify writes a number: 1e+21, 0.000001,
// 1e-7, 0 for negative zero, null for NaN and the infinities.
func AppendNumber(dst []byte, f float64) []byte {
	text, err := jcs.NumberToJSON(f)
	if err != nil {
		return append(dst, "null"...)
	}
	return append(dst, text...)
}

// number reads the number at pos.
func (p *parser) number() error {
	start := p.pos
	size, simple := scanNumber(p.src[start:])
	p.pos += size
	text := p.src[start:p.pos]
	if !isDigit(text[size-1]) {
		return p.unexpected("a digit")
	}
	if isDigit(p.peek()) {
		return errorAt(start, "a number must not start with a needless 0")
	}
	if simple {
		p.out = append(p.out, text...)
		return nil
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return errorAt(start, "a number is too large: JavaScript would turn it into null")
	}
	p.out = AppendNumber(p.out, f)
	return nil
}

// maxExact is how many digits every number can have and still come back from a
// float unchanged.
const maxExact = 15

// scanNumber returns the length of the number at the start of src. What it
// covers ends in something other than a digit if the number is cut short. It
// also reports whether the number is an integer that JavaScript would write the
// same way, as most numbers are.
func scanNumber(src []byte) (size int, simple bool) {
	i := 0
	if i < len(src) && src[i] == '-' {
		i++
	}
	whole := i
	if i < len(src) && src[i] == '0' {
		i++
	} else {
		i += countDigits(src[i:])
	}
	if i == whole {
		return i, false
	}
	simple = i-whole <= maxExact && (src[0] != '-' || src[whole] != '0')
	if i < len(src) && src[i] == '.' {
		simple = false
		i++
		digits := countDigits(src[i:])
		if digits == 0 {
			return i, false
		}
		i += digits
	}
	if i < len(src) && src[i]|0x20 == 'e' {
		simple = false
		i++
		if i < len(src) && (src[i] == '+' || src[i] == '-') {
			i++
		}
		i += countDigits(src[i:])
	}
	return i, simple
}

func countDigits(src []byte) int {
	for i, c := range src {
		if !isDigit(c) {
			return i
		}
	}
	return len(src)
}
