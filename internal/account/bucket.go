package account

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// Buckets keeps where accounts want copies of their results. Its writes are durable
// when they return.
type Buckets interface {
	// SetBucket answers an account that does not exist with CodeNotFound.
	SetBucket(ctx context.Context, now time.Time, b *taskhook.Bucket) error
	// Bucket returns it without its secret.
	Bucket(ctx context.Context, account string) (b taskhook.Bucket, ok bool, err error)
	// RemoveBucket answers an account without one with CodeNotFound.
	RemoveBucket(ctx context.Context, account string) error
}

// SetBucket has the results of the account with the name copied to a bucket from now
// on, in place of the one before. What can't be one is CodeInvalid.
func (s *Service) SetBucket(ctx context.Context, now time.Time, name string, b taskhook.Bucket) error {
	b.Prefix = strings.Trim(b.Prefix, "/")
	if err := checkBucket(&b); err != nil {
		return err
	}
	a, err := s.named(ctx, name)
	if err != nil {
		return err
	}
	b.AccountID = a.ID
	return s.store.SetBucket(ctx, now, &b)
}

// Bucket returns that of the account with the name, without its secret; ok is false
// when it has none.
func (s *Service) Bucket(ctx context.Context, name string) (b taskhook.Bucket, ok bool, err error) {
	a, err := s.named(ctx, name)
	if err != nil {
		return b, false, err
	}
	return s.store.Bucket(ctx, a.ID)
}

// RemoveBucket has nothing of the account with the name copied any more.
func (s *Service) RemoveBucket(ctx context.Context, name string) error {
	a, err := s.named(ctx, name)
	if err != nil {
		return err
	}
	return s.store.RemoveBucket(ctx, a.ID)
}

func checkBucket(b *taskhook.Bucket) error {
	refuse := func(field, format string, args ...any) error {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, field, format, args...)
	}
	u, err := url.Parse(b.Endpoint)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return refuse("endpoint", "The endpoint is not an address; write it like https://s3.eu-central-1.amazonaws.com.")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Path != "" && u.Path != "/":
		return refuse("endpoint", "The endpoint has more than scheme, host and port; say the bucket and a folder in it apart.")
	case b.Name == "" || strings.ContainsAny(b.Name, "/ "):
		return refuse("bucket", "%q is not the name of a bucket; say a folder in it apart, as prefix.", b.Name)
	case b.AccessKey == "" || b.SecretKey == "":
		return refuse("access-key", "The bucket needs a key and its secret, which may write there.")
	}
	for part := range strings.SplitSeq(b.Prefix, "/") {
		if b.Prefix != "" && (part == "" || part == "." || part == "..") {
			return refuse("prefix", "The prefix %q is not a folder; write it like results or media/results.", b.Prefix)
		}
	}
	return nil
}
