package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/bucket"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// in makes a configuration keep its files in the bucket.
func in(b *bucket.Bucket) func(*config.Config) {
	return func(c *config.Config) {
		c.S3 = config.S3{Bucket: b.Name, Endpoint: b.Endpoint.String(), Region: "us-east-1", Prefix: "taskhook",
			AccessKey: b.AccessKey, SecretKey: config.NewSecret(b.SecretKey), Serve: "proxy"}
	}
}

// part fetches bytes 10 to 19.
func part(t *testing.T, link string) (int, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Range", "bytes=10-19")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, body
}

// generated submits a task and waits for its end.
func generated(t *testing.T, s *program.Server, input json.RawMessage) (result client.Result, told []byte) {
	t.Helper()
	r := program.NewReceiver(t)
	ask := submission(input)
	ask.WebhookURL = r.URL
	accepted, err := s.Submit(t.Context(), "seedream", "text-to-image", ask)
	if err != nil {
		t.Fatal(err)
	}
	told = r.Wait(t, 1)[0].Body
	k, err := s.Task(t.Context(), accepted.ID)
	if err != nil {
		t.Fatal(err)
	}
	return k.Result[0], told
}

// objects is how many files the bucket keeps, whose folder they are in.
func objects(t *testing.T, b *bucket.Bucket, folder string) int {
	t.Helper()
	dir := filepath.Join(b.Dir, "taskhook", folder)
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		return 0
	}
	return count(t, dir)
}

// TestFilesInABucket keeps a result and an upload in a bucket, over a restart and an
// outage, and removes what is deleted there.
func TestFilesInABucket(t *testing.T) {
	t.Parallel()
	b, ok := bucket.Start(t)
	if !ok {
		return
	}
	s := program.Start(t, in(b))
	result, told := generated(t, s, large())
	small, _ := generated(t, s, quick(""))
	if status, got := part(t, small.URL); status != http.StatusPartialContent || len(got) != 10 {
		t.Errorf("a part of a small result is %d with %d bytes", status, len(got))
	}
	data := noise(t, 700)
	f := upload(t, s.Client, data)
	if bytes.Contains(told, []byte(b.Endpoint.Host)) || strings.Contains(result.URL, b.Endpoint.Host) {
		t.Errorf("a link leads to the storage: %s in %s", result.URL, told)
	}
	_, whole := fetch(t, http.MethodGet, result.URL)
	if int64(len(whole)) != result.SizeBytes {
		t.Errorf("the result has %d bytes, want %d", len(whole), result.SizeBytes)
	}
	for _, folder := range []string{"artifacts", "files"} {
		if n := count(t, filepath.Join(s.Config.Data, folder)); n != 0 || objects(t, b, folder) != 1 {
			t.Errorf("%s: %d are on disk, %d in the bucket", folder, n, objects(t, b, folder))
		}
	}
	s.Stop(t)

	next := program.Run(t, s.Config)
	defer next.Stop(t)
	// Its links begin with another port.
	link := strings.Replace(result.URL, s.URL, next.URL, 1)
	if status, got := part(t, link); status != http.StatusPartialContent || !bytes.Equal(got, whole[10:20]) {
		t.Errorf("after a restart a part of the result is %d %q", status, got)
	}
	if status, got := fetch(t, http.MethodGet, strings.Replace(f.URL, s.URL, next.URL, 1)); status != 200 || !bytes.Equal(got, data) {
		t.Errorf("after a restart the file is %d with %d bytes", status, len(got))
	}
	if err := next.DeleteFile(t.Context(), f.ID); err != nil || objects(t, b, "files") != 0 {
		t.Errorf("%v, %d files are left", err, objects(t, b, "files"))
	}
	b.Stop(t)
	if status, _ := part(t, strings.Replace(small.URL, s.URL, next.URL, 1)); status != http.StatusPartialContent {
		t.Errorf("in an outage a small result is %d", status)
	}
	if status, got := part(t, link); status != http.StatusServiceUnavailable || !bytes.Contains(got, []byte("does not answer")) {
		t.Errorf("in an outage: %d %s", status, got)
	}
}

// TestRedirectIntoABucket follows the links of the storage.
func TestRedirectIntoABucket(t *testing.T) {
	t.Parallel()
	b, ok := bucket.Start(t)
	if !ok {
		return
	}
	s := program.Start(t, func(c *config.Config) {
		in(b)(c)
		c.S3.Serve = "redirect"
	})
	result, _ := generated(t, s, large())
	small, _ := generated(t, s, quick(""))
	if to := link(t, small.URL); to != "" {
		t.Errorf("a small result is said to be at %s", to)
	}
	f := upload(t, s.Client, noise(t, 128))
	for _, link := range []string{result.URL, f.URL} {
		if status, got := part(t, link); status != http.StatusPartialContent || len(got) != 10 {
			t.Errorf("%s: %d with %d bytes", link, status, len(got))
		}
	}
	if !strings.Contains(link(t, result.URL), b.Endpoint.Host) {
		t.Error("the result did not come from the storage")
	}
}

// link is where a link redirects to.
func link(t *testing.T, from string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, from, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.Header.Get("Location")
}

// TestLeftoversInABucket: those that a day has passed over are removed at a start;
// younger ones may be another node's.
func TestLeftoversInABucket(t *testing.T) {
	t.Parallel()
	b, ok := bucket.Start(t)
	if !ok {
		return
	}
	s := program.Start(t, in(b))
	s.Stop(t)
	leave := func(age time.Duration) (name string) {
		id := taskhook.NewID(taskhook.PrefixArtifact, time.Now().Add(-age))
		name = filepath.Join(b.Dir, "taskhook", "artifacts", filepath.FromSlash(artifact.Place(id)))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("left by a crash"), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	old, young := leave(25*time.Hour), leave(23*time.Hour)
	next := program.Run(t, s.Config)
	defer next.Stop(t)
	testkit.Until(t, "the old file is gone", func() bool { return !there(old) })
	if !there(young) {
		t.Error("the younger one is gone")
	}
}

func there(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// TestBucketOfAnother: two databases never share a folder, for each would take the
// other's files for leftovers; and a key that is shown once is not lost by it.
func TestBucketOfAnother(t *testing.T) {
	t.Parallel()
	b, ok := bucket.Start(t)
	if !ok {
		return
	}
	first := program.Start(t, in(b))
	cfg := config.Default()
	cfg.Data, cfg.Listen = t.TempDir(), "127.0.0.1:0"
	in(b)(cfg)
	open := func() (*app.App, error) {
		return app.Open(t.Context(), app.Options{Config: cfg, Logger: slog.New(slog.DiscardHandler)})
	}
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "set s3-prefix to a folder of its own") {
		t.Fatalf("another installation opens: %v", err)
	}
	cfg.S3.Prefix = "second"
	a, err := open()
	if err != nil {
		t.Fatal(err)
	}
	if a.FreshKey == "" {
		t.Error("there is no key")
	}
	// It is closed by a run that ends at once.
	if err := a.Run(ended(t)); err != nil {
		t.Error(err)
	}
	first.Stop(t)
	cfg.S3.Prefix = "taskhook"
	if _, err := open(); err == nil {
		t.Error("it opens once the first has stopped")
	}
}

// ended is a context that is over.
func ended(t *testing.T) context.Context {
	ctx, end := context.WithCancel(t.Context())
	end()
	return ctx
}
