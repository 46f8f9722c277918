package media

import "time"

// wavDuration divides the bytes of samples by the bytes per second. Programs
// that write to a pipe leave a wrong length behind: then what is there counts.
func wavDuration(f file) time.Duration {
	var rate uint64
	for at, chunks := int64(12), 0; chunks < 1000; chunks++ {
		header := f.read(at, 8)
		if header == nil {
			return 0
		}
		length := int64(le32(header[4:]))
		at += 8
		switch string(header[:4]) {
		case "fmt ":
			format := f.read(at, 16)
			if format == nil {
				return 0
			}
			rate = le32(format[8:])
		case "data":
			if rest := f.size - at; length == 0 || length > rest {
				length = rest
			}
			return ticks(uint64(length), rate)
		}
		at += length + length&1
	}
	return 0
}
