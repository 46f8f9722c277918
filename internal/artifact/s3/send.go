package s3

import (
	"context"
	"fmt"
	"io"

	"github.com/minio/minio-go/v7"

	"github.com/taskhook/taskhook/internal/artifact"
)

// Send puts a file into the bucket under a name, in one request, which the storage
// checks against the hash and takes as a whole or not at all. What was there under the
// name is replaced.
func (b *Bucket) Send(ctx context.Context, name string, from io.ReadSeeker, about artifact.File) error {
	_, err := b.client.PutObject(ctx, b.name, b.key(name), struct{ io.ReadSeeker }{from}, about.Size, "", about.SHA256,
		minio.PutObjectOptions{ContentType: about.MediaType, DisableContentSha256: true}) // as in Folder.Keep
	if err != nil {
		return fmt.Errorf("put object: %w", err)
	}
	return nil
}
