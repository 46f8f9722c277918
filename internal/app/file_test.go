package app_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// telling is a model whose result is the link to its input.
const telling = `
schemas:
  told: {type: object, required: [image_url], properties: {image_url: {type: string}}}
models:
  local:
    teller: {adapter: "command:teller", capabilities: {image-to-image: told}}
commands:
  teller: {command: [cp, link.txt, told.txt], files: {link.txt: "{{.Input.image_url}}"}, outputs: [told.txt]}
`

// tellingServer starts the program with that model.
func tellingServer(t *testing.T) *program.Server { return configured(t, telling) }

// configured starts the program with a configuration file of this text.
func configured(t *testing.T, text string) *program.Server {
	t.Helper()
	name := filepath.Join(t.TempDir(), "taskhook.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	given := config.Config{Location: config.Location{File: name}}
	loaded, err := config.Load(&given, []string{"config"}, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	loaded.Data, loaded.Listen, loaded.Dev, loaded.BootstrapKey = t.TempDir(), "127.0.0.1:0", true, config.NewSecret(program.Key)
	s := program.Run(t, loaded)
	t.Cleanup(func() { s.Stop(t) })
	return s
}

// noise is an image that does not compress, so that it needs many reads.
func noise(t *testing.T, side int) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	for i := range m.Pix {
		m.Pix[i] = byte(rand.Uint32())
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func upload(t *testing.T, c *client.Client, data []byte) client.File {
	t.Helper()
	f, err := c.UploadFile(t.Context(), client.NewFile{Filename: "noise.png", ContentType: "image/png", SizeBytes: int64(len(data))}, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// put sends bytes to an upload address and returns the status.
func put(t *testing.T, address, contentType string, body io.Reader) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, address, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer answer.Body.Close()
	var e struct {
		Success bool
		Error   *client.Error
	}
	if err := json.NewDecoder(answer.Body).Decode(&e); err != nil || e.Success != (answer.StatusCode == 200) || !e.Success && e.Error.Message == "" {
		t.Errorf("answer %d is %+v, %v", answer.StatusCode, e, err)
	}
	return answer.StatusCode
}

// TestFileInThreeSteps uploads a file, reads it, and gives it to a model, whose
// program gets a link that opens the same bytes.
func TestFileInThreeSteps(t *testing.T) {
	t.Parallel()
	s := tellingServer(t)
	data := noise(t, 700)
	f := upload(t, s.Client, data)
	if status, got := fetch(t, http.MethodGet, f.URL); status != http.StatusOK || !bytes.Equal(got, data) {
		t.Fatalf("the file answers %d with %d bytes", status, len(got))
	}
	if !strings.Contains(f.URL, "expires=") {
		t.Errorf("the link of an answer does not expire: %s", f.URL)
	}
	for _, link := range []string{f.URL + "x", strings.Replace(f.URL, "/files/", "/uploads/", 1), strings.Replace(f.URL, "/files/", "/results/", 1)} {
		if status, _ := fetch(t, http.MethodGet, link); status < 400 {
			t.Errorf("%s answers %d", link, status)
		}
	}
	r := program.NewReceiver(t)
	input, _ := json.Marshal(map[string]string{"image_url": f.URL})
	if _, err := s.Submit(t.Context(), "local", "image-to-image", client.Submission{Model: "teller", Input: input, WebhookURL: r.URL}); err != nil {
		t.Fatal(err)
	}
	var told struct{ Data struct{ Task client.Task } }
	if err := json.Unmarshal(r.Wait(t, 1)[0].Body, &told); err != nil || len(told.Data.Task.Result) != 1 {
		t.Fatalf("ended as %+v, %v", told.Data.Task, err)
	}
	_, link := fetch(t, http.MethodGet, told.Data.Task.Result[0].URL)
	if status, got := fetch(t, http.MethodGet, string(link)); status != http.StatusOK || !bytes.Equal(got, data) || strings.Contains(string(link), "expires=") {
		t.Errorf("the program got %s, which answers %d", link, status)
	}
	if err := s.DeleteFile(t.Context(), f.ID); err != nil {
		t.Fatal(err)
	}
	if status, _ := fetch(t, http.MethodGet, string(link)); status != http.StatusNotFound {
		t.Errorf("a deleted file answers %d", status)
	}
	if _, err := s.Submit(t.Context(), "local", "image-to-image", client.Submission{Model: "teller", Input: input}); code(err) != "400 INVALID_PARAMETER" {
		t.Errorf("a task with a deleted file: %v", err)
	}
}

// TestFileRange reads a part of a file.
func TestFileRange(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	data := noise(t, 128)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, upload(t, s.Client, data).URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Range", "bytes=10-19")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	part, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusPartialContent || !bytes.Equal(part, data[10:20]) || answer.Header.Get("Content-Type") != "image/png" {
		t.Errorf("answer %d with %d bytes, %v", answer.StatusCode, len(part), err)
	}
}

// TestBadUploads sends what no client should.
func TestBadUploads(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	data := noise(t, 128)
	u, err := s.AnnounceFile(t.Context(), client.NewFile{Filename: "a", ContentType: "image/png", SizeBytes: int64(len(data))})
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(u.ExpiresAt); left < 14*time.Minute || left > 15*time.Minute {
		t.Errorf("the address ends in %s", left)
	}
	if _, err := s.CompleteFile(t.Context(), u.FileID); code(err) != "409 CONFLICT" {
		t.Errorf("complete before the upload: %v", err)
	}
	chunked := func(b []byte) io.Reader { return io.MultiReader(bytes.NewReader(b)) }
	for name, test := range map[string]struct {
		address, contentType string
		body                 io.Reader
		want                 int
	}{
		"forged":       {u.UploadURL + "x", "image/png", bytes.NewReader(data), 403},
		"put off":      {strings.Replace(u.UploadURL, "expires=", "expires=9", 1), "image/png", bytes.NewReader(data), 403},
		"another type": {u.UploadURL, "image/jpeg", bytes.NewReader(data), 400},
		"short":        {u.UploadURL, "image/png", bytes.NewReader(data[1:]), 400},
		"chunked":      {u.UploadURL, "image/png", chunked(append(bytes.Clone(data), 0)), 400},
		"a page":       {u.UploadURL, "image/png", strings.NewReader("<!DOCTYPE html>" + strings.Repeat("x", len(data)-15)), 400},
		"huge":         {u.UploadURL, "image/png", bytes.NewReader(make([]byte, 1<<20)), 400},
	} {
		if got := put(t, test.address, test.contentType, test.body); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
	for _, test := range []struct {
		n    client.NewFile
		want string
	}{
		{client.NewFile{Filename: "a", ContentType: "image/gif", SizeBytes: 1}, "400 VALIDATION_ERROR"},
		{client.NewFile{Filename: "a", ContentType: "video/mp4", SizeBytes: 100<<20 + 1}, "422 FILE_TOO_LARGE"},
		{client.NewFile{Filename: "a", ContentType: "image/png", SizeBytes: 50<<20 + 1}, "422 FILE_TOO_LARGE"},
	} {
		if _, err := s.AnnounceFile(t.Context(), test.n); code(err) != test.want {
			t.Errorf("%+v: %v", test.n, err)
		}
	}
	if got := put(t, u.UploadURL, "image/png", chunked(data)); got != 200 {
		t.Errorf("a good upload after the bad ones: %d", got)
	}
	if f, err := s.CompleteFile(t.Context(), u.FileID); err != nil || f.SizeBytes != int64(len(data)) {
		t.Errorf("complete is %+v, %v", f, err)
	}
	if got := put(t, u.UploadURL, "image/png", bytes.NewReader(data)); got != 409 {
		t.Errorf("an upload after completion: %d", got)
	}
}

// TestForeignFile looks for a file with the key of another account.
func TestForeignFile(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	other, ctx := s.NewAccount(t, "other", false), t.Context()
	f := upload(t, s.Client, noise(t, 128))
	for name, call := range map[string]func() error{
		"complete": func() error { _, err := other.CompleteFile(ctx, f.ID); return err },
		"read":     func() error { _, err := other.File(ctx, f.ID); return err },
		"delete":   func() error { return other.DeleteFile(ctx, f.ID) },
	} {
		if got := code(call()); got != "404 NOT_FOUND" {
			t.Errorf("%s: %s", name, got)
		}
	}
	for _, name := range []string{f.URL, "file:" + f.ID} {
		ask := submission(quick(`},"picture":{"a":["` + name + `"]`))
		if _, err := other.Submit(ctx, "seedream", "text-to-image", ask); code(err) != "400 INVALID_PARAMETER" {
			t.Errorf("submit with %s: %v", name, err)
		}
		if _, err := s.Submit(ctx, "seedream", "text-to-image", ask); err != nil {
			t.Errorf("submit with %s of its own: %v", name, err)
		}
	}
	if p, err := other.Files(ctx, client.PageQuery{}); err != nil || p.Total != 0 {
		t.Errorf("the other account sees %d files, %v", p.Total, err)
	}
	if p, err := s.Files(ctx, client.PageQuery{}); err != nil || p.Total != 1 || p.Items[0].ID != f.ID {
		t.Errorf("the list is %+v, %v", p, err)
	}
}

// TestUploadsAtOnce lets uploads and completions of one file meet. What the
// completion showed stays, and nothing else is left on disk.
func TestUploadsAtOnce(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	data := noise(t, 256)
	u, err := s.AnnounceFile(t.Context(), client.NewFile{Filename: "a", ContentType: "image/png", SizeBytes: int64(len(data))})
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 12 {
		group.Go(func() {
			if i%4 == 3 {
				if _, err := s.CompleteFile(t.Context(), u.FileID); err != nil && code(err) != "409 CONFLICT" {
					t.Errorf("complete: %v", err)
				}
				return
			}
			if got := put(t, u.UploadURL, "image/png", bytes.NewReader(data)); got != 200 && got != 409 {
				t.Errorf("upload: %d", got)
			}
		})
	}
	group.Wait()
	f, err := s.CompleteFile(t.Context(), u.FileID)
	if err != nil {
		t.Fatal(err)
	}
	if status, got := fetch(t, http.MethodGet, f.URL); status != 200 || !bytes.Equal(got, data) {
		t.Errorf("the file answers %d with %d bytes", status, len(got))
	}
	if n := count(t, filepath.Join(s.Config.Data, "files")); n != 1 {
		t.Errorf("%d files are on disk", n)
	}
}

// count is how many files are below dir.
func count(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestFilesOutlastARestart starts the program again over a file and over bytes
// that a crash left.
func TestFilesOutlastARestart(t *testing.T) { onEach(t, testFilesOutlastARestart) }

func testFilesOutlastARestart(t *testing.T, on database) {
	s := program.Start(t, on)
	data := noise(t, 128)
	f := upload(t, s.Client, data)
	s.Stop(t)
	dir := filepath.Join(s.Config.Data, "files")
	files, err := artifact.Open(dir, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := files.Put(t.Context(), taskhook.NewID(taskhook.PrefixArtifact, time.Now().Add(-time.Second)), "", strings.NewReader("left by a crash")); err != nil {
		t.Fatal(err)
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	next := program.Run(t, s.Config)
	defer next.Stop(t)
	testkit.Until(t, "the file that nobody has is gone", func() bool { return count(t, dir) == 1 })
	again, err := next.File(t.Context(), f.ID)
	if err != nil {
		t.Fatal(err)
	}
	if status, got := fetch(t, http.MethodGet, again.URL); status != 200 || !bytes.Equal(got, data) {
		t.Errorf("the file answers %d with %d bytes", status, len(got))
	}
}

// TestRetryWithFile repeats a task whose input is a file, by the reference that
// was stored.
func TestRetryWithFile(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	f, r := upload(t, s.Client, noise(t, 128)), program.NewReceiver(t)
	ask := submission(quick(`,"fail":"No."},"picture":{"a":["` + f.URL + `"]`))
	ask.WebhookURL = r.URL
	k, err := s.Submit(t.Context(), "seedream", "text-to-image", ask)
	if err != nil {
		t.Fatal(err)
	}
	r.Wait(t, 1)
	if again, err := s.RetryTask(t.Context(), k.ID); err != nil || again.OriginalTaskID != k.ID {
		t.Errorf("retry is %+v, %v", again, err)
	}
	r.Wait(t, 2)
	if err := s.DeleteFile(t.Context(), f.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.RetryTask(t.Context(), k.ID); code(err) != "400 INVALID_PARAMETER" {
		t.Errorf("retry without the file: %v", err)
	}
}
