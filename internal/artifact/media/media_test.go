package media

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestFiles measures what ffmpeg made: 1.5 s each, but for what a codec pads.
func TestFiles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		media    string
		duration time.Duration
	}{
		{"tone.wav", "audio/wav", 1500 * time.Millisecond},
		{"tone.mp3", "audio/mpeg", 1584 * time.Millisecond},
		{"plain.mp3", "audio/mpeg", 1584 * time.Millisecond},
		{"opus.ogg", "audio/ogg", 1500 * time.Millisecond},
		{"vorbis.ogg", "audio/ogg", 1500 * time.Millisecond},
		{"tone.flac", "audio/flac", 1500 * time.Millisecond},
		{"tone.m4a", "audio/mp4", 1500 * time.Millisecond},
		{"tone.aac", "audio/aac", 0},
		{"tone.aiff", "audio/aiff", 0},
		{"clip.mp4", "video/mp4", 1500 * time.Millisecond},
		{"fragments.mp4", "video/mp4", 0},
		{"clip.mov", "video/quicktime", 1500 * time.Millisecond},
		{"clip.webm", "video/webm", 1500 * time.Millisecond},
		{"clip.mkv", "video/x-matroska", 1500 * time.Millisecond},
		{"clip.gif", "image/gif", 1500 * time.Millisecond},
		{"still.gif", "image/gif", 0},
		{"clip.avi", "video/x-msvideo", 0},
		{"pixel.png", "image/png", 0},
		{"pixel.jpg", "image/jpeg", 0},
		{"pixel.webp", "image/webp", 0},
		{"pixel.avif", "image/avif", 0},
		{"pixel.bmp", "image/bmp", 0},
		{"pixel.tiff", "image/tiff", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := sample(t, tt.name)
			typ := Detect(b[:min(len(b), HeadSize)], "misleading.exe")
			if typ.Media != tt.media || "."+typ.Format != filepath.Ext(tt.name) {
				t.Errorf("Detect = %+v, want %s", typ, tt.media)
			}
			got := Duration(typ, bytes.NewReader(b), int64(len(b)))
			if diff := (got - tt.duration).Abs(); diff > 2*time.Millisecond {
				t.Errorf("Duration = %v, want %v", got, tt.duration)
			}
		})
	}
}

func TestDetectText(t *testing.T) {
	t.Parallel()
	tests := []struct{ head, name, format string }{
		{"a poem about rivers", "", "txt"},
		{"# A title", "answer.md", "md"},
		{"a,b\n1,2", "TABLE.CSV", "csv"},
		{`{"a": [1, 2, {"b": null}]}`, "", "json"},
		{`[{"a": 1}, {"cut": "of`, "", "json"},
		{`{"asset": {"version": "2.0"}}`, "scene.gltf", "gltf"},
		{"{\"a\":1}\n{\"a\":2}", "lines.jsonl", "jsonl"},
		{"{curly but no JSON}", "", "txt"},
		{"<svg xmlns=\"x\"></svg>", "", "svg"},
		{"<?xml version=\"1.0\"?>\n<svg></svg>", "", "svg"},
		{"<?xml version=\"1.0\"?>\n<data></data>", "", "xml"},
		{"<!DOCTYPE html><p>hello", "picture.png", "html"},
		{"\x00\x01\x02\x03", "weights.safetensors", "safetensors"},
		{"\x00\x01\x02\x03", "evil.html", "bin"},
		{"PK\x03\x04....", "scene.usdz", "usdz"},
		{"PK\x03\x04....", "", "zip"},
		{"glTF\x02\x00\x00\x00", "", "glb"},
		{"\xff\xfbtwo bytes are not yet a sound", "", "bin"},
		{"half a letter at the end: \xc3", "", "txt"},
		{"latin one: \xe9t\xe9, summer", "", "bin"},
		{"", "", "txt"},
	}
	for _, tt := range tests {
		if got := Detect([]byte(tt.head), tt.name); got.Format != tt.format {
			t.Errorf("Detect(%q, %q) = %+v, want %s", tt.head, tt.name, got, tt.format)
		}
	}
}

// TestStreamedWAV: a program that writes to a pipe can't go back to fill in the
// lengths.
func TestStreamedWAV(t *testing.T) {
	t.Parallel()
	b := sample(t, "tone.wav")
	at := bytes.Index(b, []byte("data"))
	for _, length := range []uint32{0, 0xffffffff} {
		binary.LittleEndian.PutUint32(b[at+4:], length)
		if got := Duration(Type{Format: "wav"}, bytes.NewReader(b), int64(len(b))); got != 1500*time.Millisecond {
			t.Errorf("length %#x: %v", length, got)
		}
	}
}

func TestUnknownLengths(t *testing.T) {
	t.Parallel()
	b := sample(t, "clip.mp4")
	at := bytes.Index(b, []byte("mvhd")) + 4
	binary.BigEndian.PutUint32(b[at+16:], 0xffffffff)
	if got := Duration(Type{Format: "mp4"}, bytes.NewReader(b), int64(len(b))); got != 0 {
		t.Errorf("mp4 with unknown length: %v", got)
	}
	if got := ticks(1<<63, 1); got != 0 {
		t.Errorf("absurd length: %v", got)
	}
}

// FuzzDuration: no bytes make the parsers panic, run away or tell nonsense.
func FuzzDuration(f *testing.F) {
	names, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	formats := []string{"wav", "mp4", "gif", "mp3", "ogg", "flac", "webm"}
	f.Fuzz(func(t *testing.T, b []byte) {
		Detect(b[:min(len(b), HeadSize)], "x.stl")
		for _, format := range formats {
			d := Duration(Type{Format: format}, bytes.NewReader(b), int64(len(b)))
			if d < 0 || d > longest {
				t.Errorf("%s: %v", format, d)
			}
		}
	})
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
