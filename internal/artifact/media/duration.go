package media

import (
	"encoding/binary"
	"io"
	"time"
)

// longest is the longest duration believed; beyond it a header is nonsense.
const longest = 1000 * time.Hour

// Duration measures how long a file of type t plays. It is zero where nothing
// plays and where the file does not soundly tell.
func Duration(t Type, r io.ReaderAt, size int64) time.Duration {
	f := file{r, size}
	var d time.Duration
	switch t.Format {
	case "wav":
		d = wavDuration(f)
	case "mp4", "mov", "m4a":
		d = mp4Duration(f)
	case "gif":
		d = gifDuration(f)
	case "mp3":
		d = mp3Duration(f)
	case "ogg":
		d = oggDuration(f)
	case "flac":
		d = flacDuration(f)
	case "webm", "mkv":
		d = webmDuration(f)
	}
	if d < 0 || d > longest {
		return 0
	}
	return d
}

// file is random access to bytes whose number is known.
type file struct {
	r    io.ReaderAt
	size int64
}

// read returns n bytes at offset, or nil when the file has not that many.
func (f file) read(offset int64, n int) []byte {
	if offset < 0 || offset > f.size-int64(n) {
		return nil
	}
	b := make([]byte, n)
	if read, _ := f.r.ReadAt(b, offset); read < n {
		return nil
	}
	return b
}

// section reads the file once from offset to its end.
func (f file) section(offset int64) *io.SectionReader {
	return io.NewSectionReader(f.r, offset, f.size-offset)
}

// ticks is the time of n ticks at rate per second, zero where that is nonsense.
func ticks(n, rate uint64) time.Duration {
	if rate == 0 || n/rate > uint64(longest/time.Second) {
		return 0
	}
	// n%rate may be as large as the rate, which 64 bits times a second overflow.
	fraction := float64(n%rate) / float64(rate)
	return time.Duration(n/rate)*time.Second + time.Duration(fraction*float64(time.Second))
}

func le32(b []byte) uint64 { return uint64(binary.LittleEndian.Uint32(b)) }
func be32(b []byte) uint64 { return uint64(binary.BigEndian.Uint32(b)) }
