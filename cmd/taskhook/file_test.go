//go:build unix

package main

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

func TestFileCommands(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 200, 200))); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "cat.png"), filepath.Join(dir, "notes.txt")
	for name, data := range map[string][]byte{good: picture.Bytes(), bad: []byte("hello")} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stdout, stderr := ask(t, s.URL, 0, "file", "upload", good)
	expect(t, stderr, "image/png")
	ref := strings.TrimSpace(stdout)
	ask(t, s.URL, 0, "task", "submit", "seedream/text-to-image", "--model", "seedream-4-0", "--prompt", "x", "--input",
		`{"picture":"`+ref+`","width":64,"height":64,"sandbox":{"seconds":0}}`, "--watch")
	stdout, _ = ask(t, s.URL, 0, "file", "upload", good, "--json")
	f := one[client.File](t, stdout)
	if f.Filename != "cat.png" || f.SizeBytes != int64(picture.Len()) {
		t.Errorf("uploaded %+v", f)
	}
	ask(t, s.URL, 0, "file", "delete", f.ID)
	ask(t, s.URL, 1, "file", "delete", f.ID)
	ask(t, s.URL, 2, "file", "upload", dir)
	ask(t, s.URL, 1, "file", "upload", filepath.Join(dir, "none"))
	_, stderr = ask(t, s.URL, 1, "file", "upload", bad)
	expect(t, stderr, "contentType must be one of")
}
