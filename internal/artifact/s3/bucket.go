package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Options say where a bucket is and who may use it. All fields must be set but
// Prefix.
type Options struct {
	Endpoint  *url.URL // scheme, host and port
	Bucket    string
	Region    string
	Prefix    string // of all keys, with or without slashes around it; may be empty
	AccessKey string
	SecretKey string
	Transport http.RoundTripper
}

// Bucket is a bucket, or what is below a prefix in one. It may be used concurrently.
type Bucket struct {
	client *minio.Core
	name   string
	prefix string
}

// tries is how often a request is made before it has failed, over three seconds.
const tries = 4

// Open returns the Bucket. It is not asked for anything yet.
func Open(o Options) (*Bucket, error) {
	client, err := minio.NewCore(o.Endpoint.Host, &minio.Options{
		Creds:  credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""),
		Secure: o.Endpoint.Scheme == "https", Region: o.Region, Transport: o.Transport, MaxRetries: tries,
	})
	if err != nil {
		return nil, fmt.Errorf("use the endpoint %s: %w", o.Endpoint.Redacted(), err)
	}
	return &Bucket{client: client, name: o.Bucket, prefix: strings.Trim(o.Prefix, "/")}, nil
}

// ErrOwned is what Claim says of a bucket that is another's.
var ErrOwned = errors.New("the bucket keeps the files of another installation: " +
	"set s3-prefix to a folder of its own, for each removes what it does not know")

// marker is the object that says whose the bucket is.
const marker = "taskhook-owner"

// Claim makes the bucket that of the owner for good. An owner who is not known yet is
// empty: the bucket must then be nobody's, and stays so. The error is ErrOwned, or a
// sentence for the operator.
func (b *Bucket) Claim(ctx context.Context, owner string) error {
	before, err := b.owner(ctx)
	switch {
	case err != nil:
		return b.explain(err)
	case before == owner:
		return nil
	case before != "":
		return fmt.Errorf("use the bucket %s: %w. If they are of a database that is lost, delete the object %s to take them over",
			b.name, ErrOwned, b.key(marker))
	}
	return b.explain(b.put(ctx, b.key(marker), owner))
}

// Try proves that files can be kept, found and removed in the bucket. The error is a
// sentence for the operator.
func (b *Bucket) Try(ctx context.Context) error { return b.explain(b.try(ctx)) }

func (b *Bucket) try(ctx context.Context) error {
	for o := range b.client.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: b.key(""), MaxKeys: 1}) {
		if o.Err != nil {
			return o.Err
		}
		break
	}
	probe := b.key("taskhook-probe")
	if err := b.put(ctx, probe, "This object shows that taskhook may write here."); err != nil {
		return err
	}
	return b.client.RemoveObject(ctx, b.name, probe, minio.RemoveObjectOptions{})
}

// owner returns whose the bucket is; empty: nobody's.
func (b *Bucket) owner(ctx context.Context) (string, error) {
	body, _, _, err := b.client.GetObject(ctx, b.name, b.key(marker), minio.GetObjectOptions{})
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, 200))
	return string(text), err
}

func (b *Bucket) put(ctx context.Context, key, text string) error {
	_, err := b.client.PutObject(ctx, b.name, key, strings.NewReader(text), int64(len(text)), "", "",
		minio.PutObjectOptions{ContentType: "text/plain", DisableContentSha256: true})
	return err
}

// key returns the key of what has the name below the prefix.
func (b *Bucket) key(name string) string {
	if name == "" && b.prefix != "" {
		return b.prefix + "/"
	}
	return path.Join(b.prefix, name)
}
