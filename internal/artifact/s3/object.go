package s3

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/minio/minio-go/v7"
)

// window is how much of an object is asked for at a time: what is in vain on the way
// when a reader goes away, or reads elsewhere.
const window = 8 << 20

// object reads an object, from wherever it was last sought to.
type object struct {
	ctx    context.Context // of the request that it was opened for
	bucket *Bucket
	key    string
	size   int64
	at     int64
	body   io.ReadCloser // of the window that begins before at; nil: none is open
	broken int           // how often in a row a window broke off before its first byte
}

// Read is of io.Reader. A window that breaks off is asked for again from there.
func (o *object) Read(p []byte) (int, error) {
	if o.at >= o.size {
		return 0, io.EOF
	}
	if o.body == nil {
		if err := o.open(); err != nil {
			return 0, unavailable(o.ctx, "get object", err)
		}
	}
	n, err := o.body.Read(p)
	o.at += int64(n)
	if n > 0 {
		o.broken = 0
	}
	if err == nil {
		return n, nil
	}
	o.Close() // of no more use, whole or not
	if err == io.EOF {
		return n, nil
	}
	if o.broken++; o.broken == tries || o.ctx.Err() != nil {
		return n, unavailable(o.ctx, "get object", err)
	}
	return n, nil
}

// open asks for the window that begins here.
func (o *object) open() error {
	size := min(window, o.size-o.at)
	var options minio.GetObjectOptions
	if err := options.SetRange(o.at, o.at+size-1); err != nil {
		return err
	}
	body, info, _, err := o.bucket.client.GetObject(o.ctx, o.bucket.name, o.key, options)
	if err != nil {
		return err
	}
	if info.Size != size {
		return errors.Join(fmt.Errorf("asked for %d bytes, the storage answers %d", size, info.Size), body.Close())
	}
	o.body = body
	return nil
}

// Seek is of io.Seeker; nothing is asked for yet.
func (o *object) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += o.at
	case io.SeekEnd:
		offset += o.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning")
	}
	if offset == o.at {
		return offset, nil
	}
	o.at = offset
	return offset, o.Close()
}

// Close is of io.Closer.
func (o *object) Close() error {
	if o.body == nil {
		return nil
	}
	err := o.body.Close()
	o.body = nil
	return err
}
