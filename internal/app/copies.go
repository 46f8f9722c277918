package app

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/artifact/s3"
	"github.com/taskhook/taskhook/internal/copier"
	"github.com/taskhook/taskhook/internal/egress"
)

// buildCopies makes what copies results into buckets of accounts. These name whatever
// address they like, so connections go only where receivers may be.
func (a *App) buildCopies() {
	a.copies = copier.New(copier.Options{Store: a.store, Files: a.files, Logger: a.Logger, Now: a.clock.Now, Every: a.Pace.Copies, Limit: a.Pace.Limit,
		Sender: &bucketSender{egress.NewGuarded(a.policy, egress.Options{}).Transport}})
}

// bucketSender sends results to buckets that accounts have named.
type bucketSender struct{ transport http.RoundTripper }

// Send is of copier.Sender.
func (s *bucketSender) Send(ctx context.Context, to *taskhook.Bucket, a *taskhook.Artifact, from io.ReadSeeker) error {
	endpoint, err := url.Parse(to.Endpoint)
	if err != nil {
		return fmt.Errorf("read the endpoint: %w", err)
	}
	b, err := s3.Open(s3.Options{Endpoint: endpoint, Bucket: to.Name, Region: to.Region, Prefix: to.Prefix,
		AccessKey: to.AccessKey, SecretKey: to.SecretKey, Transport: s.transport})
	if err != nil {
		return err
	}
	return b.Send(ctx, a.Name, from, artifact.File{MediaType: a.MediaType, Size: a.Size, SHA256: a.SHA256})
}
