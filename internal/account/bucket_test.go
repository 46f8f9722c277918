package account

import (
	"context"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

// fakeBuckets keeps one bucket.
type fakeBuckets struct{ bucket *taskhook.Bucket }

func (f *fakeBuckets) SetBucket(_ context.Context, _ time.Time, b *taskhook.Bucket) error {
	f.bucket = b
	return nil
}

func (f *fakeBuckets) Bucket(_ context.Context, account string) (b taskhook.Bucket, ok bool, err error) {
	if f.bucket == nil || f.bucket.AccountID != account {
		return b, false, nil
	}
	return *f.bucket, true, nil
}

func (f *fakeBuckets) RemoveBucket(context.Context, string) error {
	f.bucket = nil
	return nil
}

func TestBuckets(t *testing.T) {
	t.Parallel()
	s, f := newService()
	if _, _, err := s.Create(t.Context(), time.Now(), "studio", taskhook.NewKey{Name: "k"}); err != nil {
		t.Fatal(err)
	}
	good := taskhook.Bucket{Endpoint: "https://s3.example", Name: "media", Prefix: "/a/b/", AccessKey: "k", SecretKey: "s"}
	for field, change := range map[string]func(*taskhook.Bucket){
		"endpoint":   func(b *taskhook.Bucket) { b.Endpoint = "s3.example" },
		"bucket":     func(b *taskhook.Bucket) { b.Name = "media/a" },
		"access-key": func(b *taskhook.Bucket) { b.SecretKey = "" },
		"prefix":     func(b *taskhook.Bucket) { b.Prefix = "a/../b" },
	} {
		bad := good
		change(&bad)
		if err := s.SetBucket(t.Context(), time.Now(), "studio", bad); taskhook.ErrorCode(err) != taskhook.CodeInvalid || f.bucket != nil {
			t.Errorf("a bad %s: %v", field, err)
		}
	}
	for _, endpoint := range []string{"https://u:p@s3.example", "https://s3.example/media", "https://s3.example?x", "ftp://s3.example"} {
		bad := good
		bad.Endpoint = endpoint
		if err := s.SetBucket(t.Context(), time.Now(), "studio", bad); taskhook.ErrorCode(err) != taskhook.CodeInvalid {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
	if err := s.SetBucket(t.Context(), time.Now(), "nobody", good); taskhook.ErrorCode(err) != taskhook.CodeNotFound {
		t.Errorf("of nobody: %v", err)
	}
	if err := s.SetBucket(t.Context(), time.Now(), "studio", good); err != nil {
		t.Fatal(err)
	}
	if b, ok, err := s.Bucket(t.Context(), "studio"); err != nil || !ok || b.Prefix != "a/b" || b.Name != "media" {
		t.Errorf("got %+v, %v, %v", b, ok, err)
	}
	if err := s.RemoveBucket(t.Context(), "studio"); err != nil || f.bucket != nil {
		t.Errorf("removed: %v", err)
	}
}
