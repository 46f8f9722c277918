package artifact_test

import (
	"path/filepath"
	"testing"

	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/artifact/s3"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/internal/testkit/bucket"
)

// opener opens an empty store of its own, and tells its directory.
type opener func(t *testing.T, limit int64) (s *artifact.Store, dir string)

// onEachBackend runs a test on disk, and in a bucket where there is a server for
// one.
func onEachBackend(t *testing.T, test func(t *testing.T, open opener)) {
	t.Parallel()
	t.Run("disk", func(t *testing.T) {
		t.Parallel()
		test(t, func(t *testing.T, limit int64) (*artifact.Store, string) {
			dir := filepath.Join(t.TempDir(), "artifacts")
			return opened(t, dir)(artifact.Open(dir, limit))
		})
	})
	t.Run("s3", func(t *testing.T) {
		t.Parallel()
		server, ok := bucket.Start(t)
		if !ok {
			return
		}
		test(t, func(t *testing.T, limit int64) (*artifact.Store, string) {
			dir := filepath.Join(t.TempDir(), "artifacts")
			// Beside it are those of other tests.
			return opened(t, dir)(artifact.OpenWith(folder(t, server, newID()), dir, limit))
		})
	})
}

func opened(t *testing.T, dir string) func(s *artifact.Store, err error) (*artifact.Store, string) {
	return func(s *artifact.Store, err error) (*artifact.Store, string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s, dir
	}
}

// folder is a folder below a prefix of a bucket.
func folder(t *testing.T, b *bucket.Bucket, prefix string) *s3.Folder {
	t.Helper()
	transport := egress.NewTrusted(egress.TrustedOptions{})
	t.Cleanup(transport.CloseIdleConnections)
	opened, err := s3.Open(s3.Options{Endpoint: b.Endpoint, Bucket: b.Name, Region: "us-east-1", Prefix: prefix,
		AccessKey: b.AccessKey, SecretKey: b.SecretKey, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return opened.Folder("artifacts")
}
