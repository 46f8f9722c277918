package file

import (
	"bytes"
	"testing"
)

func webp(chunk string, data ...byte) []byte {
	return append([]byte("RIFF\x00\x00\x00\x00WEBP"+chunk+"\x00\x00\x00\x00"), append(data, make([]byte, 12)...)...)
}

func TestWebPSides(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		data          []byte
		width, height int
	}{
		"lossy":     {webp("VP8 ", 0x30, 1, 0, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0x00, 0x01), 640, 256}, // the upper two bits scale
		"lossless":  {webp("VP8L", 0x2f, 0x7f, 0xc0, 0x3f, 0), 128, 256},
		"extended":  {webp("VP8X", 0, 0, 0, 0, 0xff, 0x02, 0, 0xff, 0xff, 0x01), 768, 131072},
		"inter":     {webp("VP8 ", 0x31, 1, 0, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0x00, 0x01), 0, 0},
		"no code":   {webp("VP8 ", 0x30, 1, 0, 0, 0, 0, 0x80, 0x42, 0x00, 0x01), 0, 0},
		"no mark":   {webp("VP8L", 0, 0x7f, 0xc0, 0x3f, 0), 0, 0},
		"a chunk":   {webp("ALPH"), 0, 0},
		"cut short": {webp("VP8X")[:29], 0, 0},
		"another":   {make([]byte, 40), 0, 0},
	} {
		width, height, err := sides(typeWebP, bytes.NewReader(test.data))
		if width != test.width || height != test.height || (err == nil) != (test.width > 0) {
			t.Errorf("%s: %d x %d, %v", name, width, height, err)
		}
	}
}

// FuzzSides: no header makes a panic, or sides below zero.
func FuzzSides(f *testing.F) {
	f.Add(picture(1, 1))
	f.Add(photo(1, 1)[:200])
	f.Add(webp("VP8L", 0x2f, 0x7f, 0xc0, 0x3f, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, contentType := range []string{typePNG, typeJPEG, typeWebP, typeMP4} {
			if w, h, err := sides(contentType, bytes.NewReader(data)); err == nil && (w < 0 || h < 0) {
				t.Errorf("%s: %d x %d", contentType, w, h)
			}
		}
	})
}
