package s3_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/artifact/s3"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/internal/testkit/bucket"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func newID() string { return taskhook.NewID(taskhook.PrefixArtifact, noon) }

// options are those of a bucket that is there.
func options(t *testing.T, b *bucket.Bucket) s3.Options {
	transport := egress.NewTrusted(egress.TrustedOptions{})
	t.Cleanup(transport.CloseIdleConnections)
	return s3.Options{Endpoint: b.Endpoint, Bucket: b.Name, Region: "us-east-1", Prefix: "/media/x/",
		AccessKey: b.AccessKey, SecretKey: b.SecretKey, Transport: transport}
}

func open(t *testing.T, o s3.Options) *s3.Bucket {
	t.Helper()
	b, err := s3.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// keep keeps the bytes under a new id.
func keep(t *testing.T, f *s3.Folder, data []byte) (id string) {
	t.Helper()
	sum := sha256.Sum256(data)
	id = newID()
	if err := keepAs(t, f, id, data, hex.EncodeToString(sum[:])); err != nil {
		t.Fatal(err)
	}
	return id
}

func keepAs(t *testing.T, f *s3.Folder, id string, data []byte, sum string) error {
	t.Helper()
	name := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	return f.Keep(t.Context(), id, from, artifact.File{MediaType: "image/png", Size: int64(len(data)), SHA256: sum})
}

// TestLargeObject reads, from many places, what is fetched in several requests.
func TestLargeObject(t *testing.T) {
	t.Parallel()
	server, ok := bucket.Start(t)
	if !ok {
		return
	}
	folder := open(t, options(t, server)).Folder("artifacts")
	data := make([]byte, 20<<20+7)
	random := rand.NewChaCha8([32]byte{})
	random.Read(data)
	id := keep(t, folder, data)
	f, err := folder.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("read whole: %d bytes, %v", len(got), err)
	}
	for _, from := range []int{0, 1, 8<<20 - 5, 8 << 20, 19 << 20, len(data) - 3, len(data)} {
		if at, err := f.Seek(int64(from-len(data)), io.SeekEnd); err != nil || at != int64(from) {
			t.Fatalf("seek to %d: %d, %v", from, at, err)
		}
		want := data[from:min(from+100, len(data))]
		if got, err := io.ReadAll(io.LimitReader(f, 100)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("from %d: %d bytes, %v", from, len(got), err)
		}
	}
	if _, err := f.Seek(-1, io.SeekStart); err == nil {
		t.Error("sought before the beginning")
	}
}

// TestObjects: what stands in the bucket has the same place as on disk, and what is
// not taskhook's is neither seen nor in the way.
func TestObjects(t *testing.T) {
	t.Parallel()
	server, ok := bucket.Start(t)
	if !ok {
		return
	}
	b := open(t, options(t, server))
	folder := b.Folder("artifacts")
	id := keep(t, folder, []byte("x"))
	dir := filepath.Join(server.Dir, "media", "x", "artifacts")
	if data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(artifact.Place(id)))); err != nil || string(data) != "x" {
		t.Errorf("the object is %q, %v", data, err)
	}
	keep(t, b.Folder("files"), []byte("an input"))
	for _, name := range []string{"notes.txt", newID(), filepath.Join("aaaaa", newID())} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("not ours"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for got, err := range folder.IDs(t.Context()) {
		if err != nil || got != id {
			t.Errorf("listed %s, %v", got, err)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	var last error
	for _, err := range folder.IDs(ended) {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("a listing that was given up ends with %v", last)
	}
}

// TestStorageChecksTheHash: bytes that were changed on the way are not kept.
func TestStorageChecksTheHash(t *testing.T) {
	t.Parallel()
	server, ok := bucket.Start(t)
	if !ok {
		return
	}
	folder := open(t, options(t, server)).Folder("artifacts")
	id := newID()
	if err := keepAs(t, folder, id, []byte("changed"), strings.Repeat("0", 64)); taskhook.ErrorCode(err) != taskhook.CodeUnavailable {
		t.Errorf("kept: %v", err)
	}
	if _, err := folder.Open(t.Context(), id); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opened: %v", err)
	}
}

func TestClaim(t *testing.T) {
	t.Parallel()
	server, ok := bucket.Start(t)
	if !ok {
		return
	}
	good := options(t, server)
	with := func(change func(o *s3.Options)) *s3.Bucket {
		o := good
		change(&o)
		return open(t, o)
	}
	closed := &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	for _, step := range []struct {
		name, owner string
		bucket      *s3.Bucket
		want        string // in the error
	}{
		{"nobody's", "", open(t, good), ""},
		{"taken", "acc_a", open(t, good), ""},
		{"taken again", "acc_a", open(t, good), ""},
		{"another's", "acc_b", open(t, good), "set s3-prefix to a folder of its own"},
		{"another's, by a new database", "", open(t, good), "delete the object media/x/taskhook-owner"},
		{"beside it", "acc_b", with(func(o *s3.Options) { o.Prefix = "other" }), ""},
		{"without a folder", "acc_c", with(func(o *s3.Options) { o.Prefix = "" }), ""},
		{"no bucket", "acc_a", with(func(o *s3.Options) { o.Bucket = "nothing" }), "there is no such bucket"},
		{"an unknown key", "acc_a", with(func(o *s3.Options) { o.AccessKey = "nobody" }), "it refuses: No user exists"}, // 404, with a code of its own
		{"a wrong secret", "acc_a", with(func(o *s3.Options) { o.SecretKey = "a guess" }), "the key is not accepted"},
		{"another region", "acc_a", with(func(o *s3.Options) { o.Region = "mars-1" }), "correct s3-region"},
		{"nobody there", "acc_a", with(func(o *s3.Options) { o.Endpoint = closed }), "it can't be reached"},
	} {
		err := step.bucket.Try(t.Context())
		if err == nil {
			err = step.bucket.Claim(t.Context(), step.owner)
		}
		if (err == nil) != (step.want == "") || err != nil && !strings.Contains(err.Error(), step.want) {
			t.Errorf("%s: %v", step.name, err)
		}
		if err != nil && (strings.Contains(err.Error(), server.SecretKey) || strings.Contains(err.Error(), "a guess")) {
			t.Errorf("%s: the error tells the secret: %v", step.name, err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(server.Dir, "media", "x", "*")); err != nil || len(left) != 1 {
		t.Errorf("in the bucket are %v, %v", left, err)
	}
}

// TestOutage: nothing that a bucket fails to do looks like a file that was removed.
func TestOutage(t *testing.T) {
	t.Parallel()
	server, ok := bucket.Start(t)
	if !ok {
		return
	}
	dir := t.TempDir()
	folder := open(t, options(t, server)).Folder("artifacts")
	store, err := artifact.OpenWith(folder, dir, 100)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	id := keep(t, folder, []byte("x"))
	fails := func(what string, err error) {
		t.Helper()
		if taskhook.ErrorCode(err) != taskhook.CodeUnavailable || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := os.Rename(server.Dir, server.Dir+"-elsewhere"); err != nil {
		t.Fatal(err)
	}
	_, err = store.Get(t.Context(), id)
	fails("get without the bucket", err)
	server.Stop(t)
	_, err = store.Get(t.Context(), id)
	fails("get", err)
	_, err = store.Put(t.Context(), newID(), "", strings.NewReader("y"))
	fails("put", err)
	fails("remove", store.Remove(t.Context(), id))
	for _, err := range store.IDs(t.Context()) {
		fails("list", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*", "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestAnswersThatAreWrong: what a broken storage answers is not taken for a file.
func TestAnswersThatAreWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(w http.ResponseWriter)
		from   int64
	}{
		"all instead of a range": {func(w http.ResponseWriter) { io.WriteString(w, "0123456789") }, 5},
		"cut short": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "10")
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, "01234")
		}, 0},
		"a page": {func(w http.ResponseWriter) { http.Error(w, "<html>sign in", http.StatusForbidden) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodHead {
					w.Header().Set("Content-Length", "10")
					w.Header().Set("Last-Modified", noon.Format(http.TimeFormat))
					return
				}
				w.Header().Set("Last-Modified", noon.Format(http.TimeFormat))
				test.answer(w)
			}))
			defer server.Close()
			endpoint, err := url.Parse(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			folder := open(t, options(t, &bucket.Bucket{Endpoint: endpoint, Name: "files", AccessKey: "a", SecretKey: "b"})).Folder("artifacts")
			f, err := folder.Open(t.Context(), newID())
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.Seek(test.from, io.SeekStart); err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(f); taskhook.ErrorCode(err) != taskhook.CodeUnavailable {
				t.Errorf("read %q, %v", got, err)
			}
		})
	}
}
