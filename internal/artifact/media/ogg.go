package media

import (
	"bytes"
	"encoding/binary"
	"time"
)

// oggDuration reads the sample rate from the first page and the position of the
// last sample from the last page of the same stream (RFC 3533). It knows Vorbis
// and Opus.
func oggDuration(f file) time.Duration {
	first := f.read(0, int(min(f.size, 512)))
	if len(first) < 28 || string(first[:4]) != "OggS" {
		return 0
	}
	packet := 27 + int(first[26])
	if len(first) < packet+20 {
		return 0
	}
	var rate, skipped uint64
	switch head := first[packet:]; {
	case bytes.HasPrefix(head, []byte("\x01vorbis")):
		rate = le32(head[12:])
	case bytes.HasPrefix(head, []byte("OpusHead")):
		// Positions count at 48 kHz whatever the input was, the samples
		// that a decoder drops at the start included (RFC 7845).
		rate, skipped = 48000, uint64(binary.LittleEndian.Uint16(head[10:]))
	}
	position := lastPosition(f, first[14:18])
	if position < skipped {
		return 0
	}
	return ticks(position-skipped, rate)
}

// lastPosition finds the last page of the stream that ends a packet. A page is
// at most 65,307 bytes long.
func lastPosition(f file, serial []byte) uint64 {
	const none = ^uint64(0)
	tail := f.read(max(0, f.size-2*65307), int(min(f.size, 2*65307)))
	for at := len(tail); ; {
		at = bytes.LastIndex(tail[:at], []byte("OggS"))
		if at < 0 {
			return 0
		}
		page := tail[at:]
		if len(page) < 27 || !bytes.Equal(page[14:18], serial) {
			continue
		}
		if position := binary.LittleEndian.Uint64(page[6:]); position != none {
			return position
		}
	}
}

// flacDuration reads the stream information block, which always comes first.
func flacDuration(f file) time.Duration {
	b := f.read(0, 26)
	if b == nil || b[4]&0x7f != 0 {
		return 0
	}
	packed := binary.BigEndian.Uint64(b[18:])
	return ticks(packed&(1<<36-1), packed>>44)
}
