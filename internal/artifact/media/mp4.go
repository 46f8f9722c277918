package media

import (
	"encoding/binary"
	"math"
	"time"
)

// mp4Duration reads the movie header of ISO 14496-12. A file made of fragments
// states no length there.
func mp4Duration(f file) time.Duration {
	movie, ok := f.box(span{0, f.size}, "moov")
	if !ok {
		return 0
	}
	header, ok := f.box(movie, "mvhd")
	if !ok {
		return 0
	}
	scale, length := f.movieHeader(header)
	return ticks(length, scale)
}

// span is a range of the file.
type span struct{ from, to int64 }

// box finds the first box of the kind directly within s and returns its content.
func (f file) box(s span, kind string) (span, bool) {
	for at, n := s.from, 0; n < 10_000; n++ {
		header := f.read(at, 8)
		if header == nil || at+8 > s.to {
			return span{}, false
		}
		length, content := int64(be32(header)), at+8
		switch length {
		case 0: // to the end
			length = s.to - at
		case 1: // the length follows in 64 bits
			long := f.read(content, 8)
			if long == nil {
				return span{}, false
			}
			length, content = int64(binary.BigEndian.Uint64(long)), content+8
		}
		if length < content-at || length > s.to-at {
			return span{}, false
		}
		if string(header[4:]) == kind {
			return span{content, at + length}, true
		}
		at += length
	}
	return span{}, false
}

func (f file) movieHeader(s span) (scale, length uint64) {
	b := f.read(s.from, 20)
	if b == nil {
		return 0, 0
	}
	if b[0] == 0 {
		return be32(b[12:]), known32(be32(b[16:]))
	}
	if b = f.read(s.from, 32); b == nil {
		return 0, 0
	}
	return be32(b[20:]), known64(binary.BigEndian.Uint64(b[24:]))
}

// All bits set mean that the length is not known.
func known32(n uint64) uint64 {
	if n == math.MaxUint32 {
		return 0
	}
	return n
}

func known64(n uint64) uint64 {
	if n == math.MaxUint64 {
		return 0
	}
	return n
}
