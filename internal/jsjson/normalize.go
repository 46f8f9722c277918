package jsjson

// Normalize appends to dst what JavaScript's JSON.stringify(JSON.parse(src))
// returns, and returns the extended slice. Applied to its own output it changes
// nothing. On an error, which is an *Error, it returns dst as it was.
//
// White space goes; keys that look like array indices come first, ascending,
// the others in order of first appearance; of a repeated key the last value
// stands at the place of the first; numbers are those of a 64-bit float, so
// that 1.0 becomes 1 and 2^53+1 becomes 2^53; strings are escaped only where
// they must be.
//
// It differs from JavaScript in refusing what would be lost in silence: a
// number beyond the range of a float, which JavaScript turns into null.
//
// The output may be longer than src, because 1e20 is written with 21 digits.
// The spare capacity of dst must not overlap src.
func Normalize(dst, src []byte) ([]byte, error) {
	p := parser{src: src, out: dst}
	var small [fewMembers]member
	p.members = small[:0]
	p.skipSpace()
	if err := p.value(); err != nil {
		return dst, err
	}
	if err := p.end(); err != nil {
		return dst, err
	}
	return p.out, nil
}

// NormalizeObject is Normalize for a src that must be an object.
func NormalizeObject(dst, src []byte) ([]byte, error) {
	p := parser{src: src}
	p.skipSpace()
	if p.peek() != '{' {
		return dst, p.unexpected("an object")
	}
	return Normalize(dst, src)
}
