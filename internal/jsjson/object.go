package jsjson

import (
	"bytes"
	"unicode/utf8"
)

// Object calls each for every member of the object src, in order, with the key
// decoded and the value as it stands in src. All of a value is checked, by the
// rules of Normalize, before each sees it. A repeated key is an *Error, as is
// everything that is not JSON; an error of each ends the walk and is returned
// as it is. The value is a part of src.
//
// Half a surrogate pair in a key, which Go text cannot hold, becomes U+FFFD.
func Object(src []byte, each func(key string, value []byte) error) error {
	p := parser{src: src, out: make([]byte, 0, len(src))}
	p.skipSpace()
	if p.peek() != '{' {
		return p.unexpected("an object")
	}
	if err := p.walk(each); err != nil {
		return err
	}
	return p.end()
}

// walk reads the object at pos, keeping nothing of what it writes.
func (p *parser) walk(each func(key string, value []byte) error) error {
	if err := p.open('{'); err != nil {
		return err
	}
	if p.close('}') {
		return nil
	}
	seen := make(map[string]struct{}, 8)
	for {
		p.out = p.out[:0]
		at := p.pos
		m, err := p.key()
		if err != nil {
			return err
		}
		key := decodeKey(p.out[m.key+1 : m.keyEnd-1])
		if _, ok := seen[key]; ok {
			return errorAt(at, "the key %q is repeated", key)
		}
		seen[key] = struct{}{}
		start := p.pos
		if err := p.value(); err != nil {
			return err
		}
		if err := each(key, p.src[start:p.pos:p.pos]); err != nil {
			return err
		}
		p.skipSpace()
		if p.close('}') {
			return nil
		}
		if err := p.separator(',', `"," or "}"`); err != nil {
			return err
		}
	}
}

// decodeKey returns the Go text of a key that is escaped as in the output.
func decodeKey(key []byte) string {
	if bytes.IndexByte(key, '\\') < 0 {
		return string(key)
	}
	text := make([]byte, 0, len(key))
	for len(key) > 0 {
		if r, size := escaped(key); size > 0 {
			text = utf8.AppendRune(text, r)
			key = key[size:]
			continue
		}
		text = append(text, key[0])
		key = key[1:]
	}
	return string(text)
}
