package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/minio/minio-go/v7"

	"github.com/taskhook/taskhook"
)

// unavailable is a failure of the bucket while doing something. That a context has
// ended is none.
func unavailable(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	e := taskhook.Errorf(taskhook.CodeUnavailable, "The storage of the files does not answer as it should. Try again in a moment.")
	e.Err = fmt.Errorf("%s: %w", doing, err)
	return e
}

// explain makes a sentence for the operator of an error at the start.
func (b *Bucket) explain(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("use the bucket %s at %s: %s: %w", b.name, b.client.EndpointURL().Host, advice(err), err)
}

// advice says what to do about an error, by the codes in
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func advice(err error) string {
	answer := minio.ToErrorResponse(err)
	switch answer.Code {
	case minio.NoSuchBucket:
		return "there is no such bucket; make it, or correct s3-bucket"
	case minio.AccessDenied:
		return "the key may not use it; allow s3:ListBucket on the bucket and s3:GetObject, s3:PutObject and s3:DeleteObject on what is in it"
	case minio.AuthorizationHeaderMalformed, minio.InvalidRegion, "PermanentRedirect":
		return "it is not in this region or at this endpoint; correct s3-region and s3-endpoint"
	case "RequestTimeTooSkewed":
		return "the clock of this machine is wrong; set it"
	case "":
		return "it can't be reached; correct s3-endpoint, or start the storage first"
	}
	if answer.StatusCode == http.StatusForbidden || answer.StatusCode == http.StatusUnauthorized {
		return "the key is not accepted; correct s3-access-key and s3-secret-key"
	}
	return "it refuses"
}
