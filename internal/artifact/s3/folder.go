package s3

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path"

	"github.com/minio/minio-go/v7"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

// Folder is the artifact.Backend below a name in a bucket. Objects that are not at
// the place of an id are not seen.
type Folder struct {
	bucket *Bucket
	name   string
}

// Folder returns the one with the name.
func (b *Bucket) Folder(name string) *Folder { return &Folder{bucket: b, name: name} }

func (f *Folder) key(id string) string { return f.bucket.key(path.Join(f.name, artifact.Place(id))) }

// Keep sends the file in one request, which the storage checks against the hash and
// takes as a whole or not at all. Its largest size, 5 GB, is that of S3.
func (f *Folder) Keep(ctx context.Context, id string, from *os.File, about artifact.File) error {
	// Without DisableContentSha256 the hash would be replaced, on plain http, by
	// signatures in the stream. A section can be sent again, and is not closed.
	_, err := f.bucket.client.PutObject(ctx, f.bucket.name, f.key(id), io.NewSectionReader(from, 0, about.Size), about.Size, "", about.SHA256,
		minio.PutObjectOptions{ContentType: about.MediaType, DisableContentSha256: true})
	if err != nil {
		return unavailable(ctx, "put object", err)
	}
	return nil
}

// Open is of artifact.Backend.
func (f *Folder) Open(ctx context.Context, id string) (io.ReadSeekCloser, error) {
	b, key := f.bucket, f.key(id)
	info, err := b.client.StatObject(ctx, b.name, key, minio.StatObjectOptions{})
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return nil, f.missing(ctx)
	}
	if err != nil {
		return nil, unavailable(ctx, "look at object", err)
	}
	return &object{ctx: ctx, bucket: b, key: key, size: info.Size}, nil
}

// missing says what it means that there is no object: the answer, which has no body,
// is the same when there is no bucket.
func (f *Folder) missing(ctx context.Context) error {
	switch there, err := f.bucket.client.BucketExists(ctx, f.bucket.name); {
	case err != nil:
		return unavailable(ctx, "look at bucket", err)
	case !there:
		return unavailable(ctx, "look at bucket", errors.New("the bucket is gone"))
	}
	return fs.ErrNotExist
}

// Remove is of artifact.Backend.
func (f *Folder) Remove(ctx context.Context, id string) error {
	err := f.bucket.client.RemoveObject(ctx, f.bucket.name, f.key(id), minio.RemoveObjectOptions{})
	if err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchKey {
		return unavailable(ctx, "remove object", err)
	}
	return nil
}

// IDs is of artifact.Backend. Listings are in the order of keys, and so of ids.
func (f *Folder) IDs(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		options := minio.ListObjectsOptions{Prefix: f.bucket.key(f.name) + "/", Recursive: true}
		for o := range f.bucket.client.ListObjectsIter(ctx, f.bucket.name, options) {
			if o.Err != nil {
				yield("", unavailable(ctx, "list objects", o.Err))
				return
			}
			id := path.Base(o.Key)
			if taskhook.HasIDForm(taskhook.PrefixArtifact, id) && o.Key == f.key(id) && !yield(id, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield("", err)
		}
	}
}

// Sign is of artifact.Signer.
func (f *Folder) Sign(ctx context.Context, id, mediaType, disposition string) (string, error) {
	answer := url.Values{"response-content-type": {mediaType}, "response-content-disposition": {disposition}}
	link, err := f.bucket.client.PresignedGetObject(ctx, f.bucket.name, f.key(id), artifact.LinkLifetime, answer)
	if err != nil {
		return "", unavailable(ctx, "sign link", err)
	}
	return link.String(), nil
}
