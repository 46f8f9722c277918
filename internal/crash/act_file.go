package crash

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/taskhook/taskhook/client"
)

// files uploads a file in its three steps, of which some are left out, and deletes
// some files.
func (w *workload) files() {
	data := noise()
	f := &file{hash: sha256.Sum256(data), size: int64(len(data))}
	began := time.Now()
	var u client.Upload
	err := insist(func(ctx context.Context) (err error) {
		u, err = w.client.AnnounceFile(ctx, client.NewFile{Filename: "noise.png", ContentType: "image/png", SizeBytes: f.size})
		return err
	})
	if err != nil {
		return
	}
	leave := rand.IntN(8) // after which step
	if leave > 0 {
		err = insist(func(ctx context.Context) error { return w.put(ctx, u.UploadURL, data) })
	}
	if leave <= 1 {
		w.ledger.note("file left", u.FileID, func() { w.ledger.loose[u.FileID] = time.Now() })
		return
	}
	if err == nil {
		err = insist(func(ctx context.Context) error {
			_, err := w.client.CompleteFile(ctx, u.FileID)
			return err
		})
	}
	switch {
	case err == nil:
		w.ledger.note("file", u.FileID, func() { w.ledger.files[u.FileID] = f })
	case refused(err) && w.lasts(began, unfinishedLife):
		w.ledger.breach(fmt.Sprintf("L9: the file %s was announced: %v", u.FileID, err))
		return
	default:
		return
	}
	if leave > 3 {
		w.deleteFile(u.FileID, f)
	}
}

func (w *workload) deleteFile(id string, f *file) {
	err := insist(func(ctx context.Context) error { return w.client.DeleteFile(ctx, id) })
	if err == nil || status(err) == http.StatusNotFound {
		w.ledger.note("file deleted", id, func() { f.deleted = true })
	}
}

// put sends the bytes to their address.
func (w *workload) put(ctx context.Context, address string, data []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, address, bytes.NewReader(data))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "image/png")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		text, _ := io.ReadAll(answer.Body) // for the reader of a violation
		return &client.Error{Status: answer.StatusCode, Message: string(text)}
	}
	return nil
}

// noise is an image like no other.
func noise() []byte {
	m := image.NewGray(image.Rect(0, 0, 128, 128))
	for i := range m.Pix[:1024] {
		m.Pix[i] = byte(rand.Uint32())
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic("crash: " + err.Error())
	}
	return b.Bytes()
}
