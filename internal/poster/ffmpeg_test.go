package poster

import (
	"bytes"
	"context"
	"errors"
	"image"
	_ "image/jpeg"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/taskhook/taskhook/internal/testkit"
)

func opened(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func written(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func installed(t *testing.T) *FFmpeg {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal(err)
	}
	return &FFmpeg{Path: path}
}

// TestPictures takes one of every format that there may be videos in.
func TestPictures(t *testing.T) {
	t.Parallel()
	if !testkit.Need(t, "ffmpeg") {
		return
	}
	ffmpeg := installed(t)
	for _, name := range []string{"clip.mp4", "fragments.mp4", "clip.mov", "clip.webm", "clip.mkv", "clip.avi"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			video := opened(t, filepath.Join("../artifact/media/testdata", name))
			picture, err := ffmpeg.Picture(t.Context(), video, filepath.Ext(name)[1:], 375*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			c, format, err := image.DecodeConfig(bytes.NewReader(picture))
			if err != nil || format != "jpeg" || c.Width != 32 || c.Height != 32 {
				t.Errorf("the picture is %s %+v, %v", format, c, err)
			}
		})
	}
}

// TestHostileVideos has ffmpeg read what is no video, or not only.
func TestHostileVideos(t *testing.T) {
	t.Parallel()
	if !testkit.Need(t, "ffmpeg") {
		return
	}
	ffmpeg := installed(t)
	secret := filepath.Join("..", "artifact", "media", "testdata", "clip.mp4")
	absolute, err := filepath.Abs(secret)
	if err != nil {
		t.Fatal(err)
	}
	clip, err := os.ReadFile(secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ text, format string }{
		"nothing":                  {"", "mp4"},
		"noise":                    {strings.Repeat("\x00\xff noise", 1000), "webm"},
		"a playlist of files here": {"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://" + absolute + "\n#EXT-X-ENDLIST\n", "mp4"},
		"a list of files here":     {"ffconcat version 1.0\nfile " + absolute + "\n", "avi"},
		"half a video":             {string(clip[:len(clip)/2]), "mp4"},
		"another format":           {string(clip), "webm"},
		"no format of videos":      {string(clip), "gif"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			picture, err := ffmpeg.Picture(t.Context(), opened(t, written(t, tt.text, 0o600)), tt.format, 0)
			if !errors.Is(err, errNoPicture) {
				t.Errorf("made a picture of %d bytes, %v", len(picture), err)
			}
		})
	}
}

// TestProgramIsHeld has programs that are not ffmpeg do what it must not.
func TestProgramIsHeld(t *testing.T) {
	t.Parallel()
	elsewhere := filepath.Join(t.TempDir(), "made")
	for name, tt := range map[string]struct{ script, want string }{
		"says why":       {"echo 'moov atom not found' >&2; exit 1", "moov atom not found"},
		"makes nothing":  {"exit 0", "ffmpeg made none"},
		"makes too much": {"while :; do echo " + strings.Repeat("x", 1000) + "; done", "wrote too much"},
		"never ends":     {"while :; do :; done", "took too long"},
		"writes a file":  {"echo much > " + elsewhere + "; exit 1", "file size limit exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ffmpeg := &FFmpeg{Path: written(t, "#!/bin/sh\n"+tt.script+"\n", 0o700)}
			if name == "never ends" {
				ffmpeg.Limit = 50 * time.Millisecond
			}
			_, err := ffmpeg.Picture(t.Context(), opened(t, os.DevNull), "mp4", 0)
			if !errors.Is(err, errNoPicture) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	t.Cleanup(func() {
		if text, err := os.ReadFile(elsewhere); err == nil && len(text) > 0 {
			t.Errorf("it wrote %q", text)
		}
	})
}

// TestStopKillsAll: what the program started is gone when Picture returns; while one
// lived, the pipe would not end.
func TestStopKillsAll(t *testing.T) {
	t.Parallel()
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	drained := make(chan error, 1)
	go func() {
		f, err := os.Open(fifo) // waits for the other end
		if err == nil {
			defer f.Close()
			_, err = io.ReadFull(f, make([]byte, len("up")))
		}
		cancel()
		if err == nil {
			_, err = io.Copy(io.Discard, f)
		}
		drained <- err
	}()
	ffmpeg := &FFmpeg{Path: written(t, "#!/bin/sh\nexec 4> "+fifo+"\n(while :; do sleep 1000; done) &\necho up >&4\nwait\n", 0o700)}
	if _, err := ffmpeg.Picture(ctx, opened(t, os.DevNull), "mp4", 0); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
}
