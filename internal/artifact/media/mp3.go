package media

import (
	"bufio"
	"bytes"
	"time"
)

// frame is what the header of one MPEG audio layer III frame says.
type frame struct {
	rate    uint64 // samples per second
	samples uint64 // in the frame
	length  int    // bytes, header included
	side    int    // bytes of side information after the header
}

// parseFrame reads the four bytes of a frame header.
func parseFrame(b []byte) (frame, bool) {
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe0 != 0xe0 {
		return frame{}, false
	}
	version, layer := b[1]>>3&3, b[1]>>1&3
	bits, hertz := int(b[2]>>4), int(b[2]>>2&3)
	if version == 1 || layer != 1 || bits == 0 || bits == 15 || hertz == 3 {
		return frame{}, false
	}
	v1 := version == 3
	kbps := [...]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}[bits]
	samples, stereo, mono := 576, 17, 9
	if v1 {
		kbps = [...]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}[bits]
		samples, stereo, mono = 1152, 32, 17
	}
	rate := [...]int{44100, 48000, 32000}[hertz]
	switch version {
	case 2:
		rate /= 2
	case 0:
		rate /= 4
	}
	side := stereo
	if b[3]>>6 == 3 {
		side = mono
	}
	padding := int(b[2] >> 1 & 1)
	return frame{uint64(rate), uint64(samples), samples/8*kbps*1000/rate + padding, side}, true
}

// isMP3 reports whether head is an MP3 without an ID3 tag. Eleven set bits are
// weak evidence, so the next frame must follow where the first one ends.
func isMP3(head []byte) bool {
	first, ok := parseFrame(head)
	if !ok || len(head) < first.length+4 {
		return false
	}
	next, ok := parseFrame(head[first.length:])
	return ok && next.rate == first.rate
}

// isADTS reports whether head is AAC in ADTS frames: two in a row.
func isADTS(head []byte) bool {
	length := adtsLength(head)
	return length > 7 && len(head) > length && adtsLength(head[length:]) > 7
}

func adtsLength(b []byte) int {
	if len(b) < 7 || b[0] != 0xff || b[1]&0xf6 != 0xf0 {
		return 0
	}
	return int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5])>>5
}

// mp3Duration uses the frame count that encoders write into the first frame, and
// without one counts the frames.
func mp3Duration(f file) time.Duration {
	start := int64(0)
	if tag := f.read(0, 10); tag != nil && string(tag[:3]) == "ID3" {
		start = 10 + int64(tag[6]&0x7f)<<21 + int64(tag[7]&0x7f)<<14 + int64(tag[8]&0x7f)<<7 + int64(tag[9]&0x7f)
	}
	if start > f.size {
		return 0
	}
	r := bufio.NewReaderSize(f.section(start), HeadSize)
	first, ok := firstFrame(r)
	if !ok {
		return 0
	}
	if count, ok := frameCount(r, first); ok {
		return ticks(count*first.samples, first.rate)
	}
	return ticks(countFrames(r)*first.samples, first.rate)
}

// firstFrame advances r to the first frame that another follows, past at most
// the padding that some taggers leave.
func firstFrame(r *bufio.Reader) (frame, bool) {
	for range HeadSize {
		b, err := r.Peek(4)
		if err != nil {
			return frame{}, false
		}
		if first, ok := parseFrame(b); ok {
			if two, _ := r.Peek(first.length + 4); isMP3(two) {
				return first, true
			}
		}
		skip(r, 1)
	}
	return frame{}, false
}

// frameCount reads the Xing, Info or VBRI header within the first frame.
func frameCount(r *bufio.Reader, first frame) (uint64, bool) {
	b, _ := r.Peek(min(first.length, HeadSize))
	if at := 4 + first.side; len(b) >= at+12 {
		tag := b[at:]
		if (bytes.HasPrefix(tag, []byte("Xing")) || bytes.HasPrefix(tag, []byte("Info"))) && tag[7]&1 == 1 {
			return be32(tag[8:]), true
		}
	}
	if at := 4 + 32; len(b) >= at+18 && bytes.HasPrefix(b[at:], []byte("VBRI")) {
		return be32(b[at+14:]), true
	}
	return 0, false
}

func countFrames(r *bufio.Reader) (count uint64) {
	for {
		b, err := r.Peek(4)
		if err != nil {
			return count
		}
		next, ok := parseFrame(b)
		if !ok || next.length < 4 || !skip(r, next.length) {
			return count
		}
		count++
	}
}
