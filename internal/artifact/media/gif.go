package media

import (
	"bufio"
	"io"
	"time"
)

// gifDuration adds up the delays of all frames: the time of one loop. A still
// image plays for no time.
func gifDuration(f file) time.Duration {
	r := bufio.NewReader(f.section(0))
	screen := make([]byte, 13)
	if _, err := io.ReadFull(r, screen); err != nil || !skip(r, colours(screen[10])) {
		return 0
	}
	var total, delay time.Duration
	frames := 0
	for {
		kind, err := r.ReadByte()
		switch {
		case err != nil, kind == 0x3b: // the trailer, or a file cut off
			if frames < 2 {
				return 0
			}
			return total
		case kind == 0x21:
			var ok bool
			if delay, ok = gifExtension(r, delay); !ok {
				return 0
			}
		case kind == 0x2c:
			descriptor := make([]byte, 9)
			if _, err := io.ReadFull(r, descriptor); err != nil {
				return 0
			}
			// The colour table, then one byte of code size, then the pixels.
			if !skip(r, colours(descriptor[8])+1) || !skipBlocks(r) {
				return 0
			}
			frames, total, delay = frames+1, total+delay, 0
		default:
			return 0
		}
	}
}

// gifExtension reads an extension; the graphic control extension gives the delay
// of the frame that follows it.
func gifExtension(r *bufio.Reader, delay time.Duration) (time.Duration, bool) {
	label, err := r.ReadByte()
	if err != nil {
		return 0, false
	}
	if label == 0xf9 {
		control, err := r.Peek(5)
		if err != nil {
			return 0, false
		}
		delay = time.Duration(int(control[2])|int(control[3])<<8) * 10 * time.Millisecond
	}
	return delay, skipBlocks(r)
}

// colours is the size of the colour table that the flags announce.
func colours(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

func skip(r *bufio.Reader, n int) bool {
	_, err := r.Discard(n)
	return err == nil
}

// skipBlocks passes over a chain of data blocks, to the empty one that ends it.
func skipBlocks(r *bufio.Reader) bool {
	for {
		n, err := r.ReadByte()
		if err != nil || !skip(r, int(n)) {
			return false
		}
		if n == 0 {
			return true
		}
	}
}
