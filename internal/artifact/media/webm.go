package media

import (
	"encoding/binary"
	"math"
	"math/bits"
	"time"
)

// The elements on the way to the duration (RFC 9559).
const (
	ebmlSegment  = 0x18538067
	ebmlInfo     = 0x1549a966
	ebmlScale    = 0x2ad7b1 // nanoseconds per tick
	ebmlDuration = 0x4489   // ticks, a float
)

// webmDuration reads the duration that the segment's information states.
func webmDuration(f file) time.Duration {
	segment, ok := f.element(span{0, f.size}, ebmlSegment)
	if !ok {
		return 0
	}
	info, ok := f.element(segment, ebmlInfo)
	if !ok {
		return 0
	}
	length, ok := f.element(info, ebmlDuration)
	if !ok {
		return 0
	}
	scale := uint64(1_000_000)
	if s, ok := f.element(info, ebmlScale); ok {
		scale = f.unsigned(s)
	}
	nanoseconds := f.float(length) * float64(scale)
	if !(nanoseconds >= 0 && nanoseconds <= float64(longest)) { // NaN too
		return 0
	}
	return time.Duration(nanoseconds)
}

// element finds the first element with the id directly within s and returns its
// content.
func (f file) element(s span, id uint64) (span, bool) {
	for at, n := s.from, 0; n < 1000 && at < s.to; n++ {
		found, width, ok := f.vint(at, false)
		if !ok {
			return span{}, false
		}
		at += width
		size, width, ok := f.vint(at, true)
		if !ok {
			return span{}, false
		}
		at += width
		length := int64(size)
		if size == 1<<(7*width)-1 || length > s.to-at { // all bits set: to the end
			length = s.to - at
		}
		if found == id {
			return span{at, at + length}, true
		}
		at += length
	}
	return span{}, false
}

// vint reads a number of variable width, whose leading zeros tell how many bytes
// it has. Ids keep the bit that marks the width, sizes do not.
func (f file) vint(at int64, strip bool) (value uint64, width int64, ok bool) {
	first := f.read(at, 1)
	if first == nil || first[0] == 0 {
		return 0, 0, false
	}
	n := bits.LeadingZeros8(first[0]) + 1
	b := f.read(at, n)
	if b == nil {
		return 0, 0, false
	}
	value = bigEndian(b)
	if strip {
		value &^= 1 << (7 * n)
	}
	return value, int64(n), true
}

func (f file) unsigned(s span) uint64 {
	if s.to-s.from > 8 {
		return 0
	}
	return bigEndian(f.read(s.from, int(s.to-s.from)))
}

func (f file) float(s span) float64 {
	switch b := f.read(s.from, int(min(s.to-s.from, 8))); len(b) {
	case 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
	case 8:
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	}
	return 0
}

func bigEndian(b []byte) (n uint64) {
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}
