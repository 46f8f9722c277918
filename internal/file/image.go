package file

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"io"
)

// sides reads width and height from the header of an image.
func sides(contentType string, r io.Reader) (width, height int, err error) {
	var c image.Config
	switch contentType {
	case typePNG:
		c, err = png.DecodeConfig(r)
	case typeJPEG:
		c, err = jpeg.DecodeConfig(r)
	case typeWebP:
		return webpSides(r)
	default:
		err = errors.New("not an image")
	}
	return c.Width, c.Height, err
}

var errWebP = errors.New("not a WebP header")

// webpSides reads the first chunk of a WebP file: RFC 9649, sections 2.5 to 2.7,
// and for lossy images the frame header of RFC 6386, section 9.1.
func webpSides(r io.Reader) (width, height int, err error) {
	var h [30]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return 0, 0, errWebP
	}
	if string(h[:4]) != "RIFF" || string(h[8:12]) != "WEBP" {
		return 0, 0, errWebP
	}
	const lossySide, losslessSide = 1<<14 - 1, 1<<14 - 1
	switch data := h[20:]; string(h[12:16]) {
	case "VP8 ":
		if data[0]&1 != 0 || !bytes.Equal(data[3:6], []byte{0x9d, 0x01, 0x2a}) {
			return 0, 0, errWebP
		}
		return int(binary.LittleEndian.Uint16(data[6:])) & lossySide, int(binary.LittleEndian.Uint16(data[8:])) & lossySide, nil
	case "VP8L":
		if data[0] != 0x2f {
			return 0, 0, errWebP
		}
		bits := int(binary.LittleEndian.Uint32(data[1:]))
		return bits&losslessSide + 1, bits>>14&losslessSide + 1, nil
	case "VP8X":
		return uint24(data[4:]) + 1, uint24(data[7:]) + 1, nil
	}
	return 0, 0, errWebP
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
