package sandbox

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image/gif"
	"image/png"
	"time"
)

// pngFile encodes image number n with the stamp in a text chunk too.
func pngFile(o order, n int) ([]byte, error) {
	width, height := o.size(512, 512, 1024)
	var b bytes.Buffer
	if err := png.Encode(&b, newPicture(o, n, width, height).frame(0)); err != nil {
		return nil, err
	}
	const header = 8 + 4 + 4 + 13 + 4 // signature, then the IHDR chunk
	file := b.Bytes()
	stamped := append([]byte{}, file[:header]...)
	stamped = append(stamped, pngChunk("tEXt", "Comment\x00"+stamp)...)
	return append(stamped, file[header:]...), nil
}

// pngChunk frames data: its length, the kind, the data, a checksum of both.
func pngChunk(kind, data string) []byte {
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	chunk = append(append(chunk, kind...), data...)
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
}

// The video's bounds: a preview, whatever was asked for.
const (
	videoSide   = 480
	videoLength = 30 * time.Second
	gifRate     = 5 // frames per second
)

// gifFile encodes an animation that loops, with the stamp in a comment too.
func gifFile(ctx context.Context, o order) ([]byte, error) {
	width, height := o.size(320, 180, videoSide)
	p := newPicture(o, 0, width, height)
	length := o.length(videoLength)
	centiseconds := int(length / (10 * time.Millisecond))
	frames := max(2, centiseconds*gifRate/100)
	var animation gif.GIF
	for i := range frames {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		animation.Image = append(animation.Image, p.frame(i*3))
		animation.Delay = append(animation.Delay, centiseconds*(i+1)/frames-centiseconds*i/frames)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &animation); err != nil {
		return nil, err
	}
	file := b.Bytes()
	stamped := append([]byte{}, file[:len(file)-1]...) // without the trailer
	stamped = append(stamped, 0x21, 0xfe, byte(len(stamp)))
	return append(append(stamped, stamp...), 0, 0x3b), nil
}
