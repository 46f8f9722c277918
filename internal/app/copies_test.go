package app_test

import (
	"bytes"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/bucket"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// ownBucket is a folder in a bucket as its account names it.
func ownBucket(b *bucket.Bucket) taskhook.Bucket {
	return taskhook.Bucket{Endpoint: b.Endpoint.String(), Name: b.Name, Region: "us-east-1", Prefix: "mine/", AccessKey: b.AccessKey, SecretKey: b.SecretKey}
}

// TestOwnBucket copies results, a file and a small one, into the bucket of their
// account; one that refuses loses nothing, and has what was given up or waits when it
// takes things again.
func TestOwnBucket(t *testing.T) { onEach(t, testOwnBucket) }

func testOwnBucket(t *testing.T, on database) {
	b, ok := bucket.Start(t)
	if !ok {
		return
	}
	s := program.StartAt(t, app.Pace{Copies: 20 * time.Millisecond}, on)
	wrong := ownBucket(b)
	wrong.SecretKey = "another secret"
	s.SetBucket(t, "default", wrong)
	file, _ := generated(t, s, large())
	testkit.Until(t, "the bucket has refused", func() bool { return s.Bucket(t, "default").Failures > 0 })
	small, _ := generated(t, s, quick(""))
	for _, r := range []client.Result{file, small} {
		if status, _ := fetch(t, http.MethodGet, r.URL); status != http.StatusOK {
			t.Errorf("a result that is not copied answers %d", status)
		}
	}
	s.SetBucket(t, "default", ownBucket(b))
	testkit.Until(t, "all is copied", func() bool { got := s.Bucket(t, "default"); return got.Waiting == 0 && got.Failed == 0 })
	copied, err := os.ReadDir(filepath.Join(b.Dir, "mine"))
	if err != nil || len(copied) != 2 {
		t.Fatalf("in the bucket are %v, %v", copied, err)
	}
	for _, r := range []client.Result{file, small} {
		_, want := fetch(t, http.MethodGet, r.URL)
		name := path.Base(r.URL[:strings.IndexByte(r.URL, '?')])
		if got, err := os.ReadFile(filepath.Join(b.Dir, "mine", name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("the copy %s has %d bytes, want %d: %v", name, len(got), len(want), err)
		}
	}
}

// TestOwnBucketIsGuarded: accounts can't have the server reach private addresses.
func TestOwnBucketIsGuarded(t *testing.T) {
	t.Parallel()
	b, ok := bucket.Start(t)
	if !ok {
		return
	}
	s := program.StartAt(t, app.Pace{Copies: 20 * time.Millisecond}, func(c *config.Config) { c.Dev = false })
	key := s.NewKey(t, "studio", taskhook.NewKey{Name: "test", Test: true})
	s.SetBucket(t, "studio", ownBucket(b))
	if _, err := client.New(s.URL, key).Submit(t.Context(), "seedream", "text-to-image", submission(quick(""))); err != nil {
		t.Fatal(err)
	}
	testkit.Until(t, "the address is refused", func() bool { return s.Bucket(t, "studio").Failures > 0 })
	if _, err := os.Stat(filepath.Join(b.Dir, "mine")); !os.IsNotExist(err) {
		t.Errorf("something was sent to a private address: %v", err)
	}
	if got := s.Bucket(t, "studio").Error; !strings.Contains(got, "is not one that is sent to") {
		t.Errorf("the error is %q", got)
	}
}
