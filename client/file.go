package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// NewFile announces a file to upload.
type NewFile struct {
	Filename    string `json:"filename"`
	ContentType string `json:"contentType"` // image/png, image/jpeg, image/webp or video/mp4
	SizeBytes   int64  `json:"sizeBytes"`   // at most 100 MB; of an image 50 MB
}

// Upload says where the bytes of a file go: PUT them to UploadURL with the
// announced Content-Type.
type Upload struct {
	UploadURL string    `json:"upload_url"`
	FileID    string    `json:"file_id"`
	ExpiresAt time.Time `json:"expires_at"`
}

// File is an uploaded file. Its URL is good for 15 minutes; in the input of a
// task it works for as long as the task waits.
type File struct {
	ID          string    `json:"id"`
	URL         string    `json:"url"`
	Filename    string    `json:"filename"`
	ContentType string    `json:"content_type"`
	SizeBytes   int64     `json:"size_bytes"`
	CreatedAt   time.Time `json:"created_at"`
}

// AnnounceFile asks for an address to upload a file to.
func (c *Client) AnnounceFile(ctx context.Context, n NewFile) (Upload, error) {
	return answer[Upload](ctx, c, call{method: http.MethodPost, path: []string{"files", "upload-url"}, body: n})
}

// CompleteFile makes an uploaded file one that can be used.
func (c *Client) CompleteFile(ctx context.Context, id string) (File, error) {
	return answer[File](ctx, c, call{method: http.MethodPost, path: []string{"files", id, "complete"}})
}

// UploadFile announces a file, sends the bytes of r, and completes it. Of n all
// fields must be set.
func (c *Client) UploadFile(ctx context.Context, n NewFile, r io.Reader) (File, error) {
	u, err := c.AnnounceFile(ctx, n)
	if err != nil {
		return File{}, err
	}
	if err := c.put(ctx, u.UploadURL, n, r); err != nil {
		return File{}, err
	}
	return c.CompleteFile(ctx, u.FileID)
}

// put sends the bytes. The key stays here: the address is the permission.
func (c *Client) put(ctx context.Context, address string, n NewFile, r io.Reader) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, address, io.NopCloser(r))
	if err != nil {
		return errors.New("the upload address that the server answered with can't be used")
	}
	req.ContentLength = n.SizeBytes
	req.Header.Set("Content-Type", n.ContentType)
	return c.send(req, call{method: http.MethodPut})
}

// File returns a complete file, with a new URL.
func (c *Client) File(ctx context.Context, id string) (File, error) {
	return answer[File](ctx, c, call{method: http.MethodGet, path: []string{"files", id}})
}

// Files lists complete files.
func (c *Client) Files(ctx context.Context, q PageQuery) (Page[File], error) {
	return page[File](ctx, c, call{method: http.MethodGet, path: []string{"files"}, query: q.values()})
}

// DeleteFile deletes a file. A task that still waits for it fails.
func (c *Client) DeleteFile(ctx context.Context, id string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: []string{"files", id}})
}
