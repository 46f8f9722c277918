package modelhunter

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// worldFiles is the files of a world, apart because their methods have names that
// others have.
type worldFiles struct{ *world }

func (f worldFiles) Announce(_ context.Context, _ string, n taskhook.NewFile) (taskhook.Upload, error) {
	f.newFile = n
	return taskhook.Upload{FileID: "file_new", URL: "https://x.example/uploads/file_new", ExpiresAt: day(9)}, f.err
}

func (f worldFiles) Complete(_ context.Context, account, id string) (taskhook.File, error) {
	return f.file, f.found(account, id, f.file.ID)
}

func (f worldFiles) File(_ context.Context, account, id string) (taskhook.File, error) {
	return f.file, f.found(account, id, f.file.ID)
}

func (f worldFiles) Files(_ context.Context, filter taskhook.FileFilter) (taskhook.List[taskhook.File], error) {
	f.files = filter
	return listOf(filter.AccountID, f.file, f.file.ID), f.err
}

func (f worldFiles) Delete(_ context.Context, account, id string) error {
	return f.found(account, id, f.file.ID)
}

func (f worldFiles) Link(file taskhook.File, _ time.Time) string {
	return "https://x.example/files/" + file.ID
}

func (f worldFiles) Open(_ context.Context, id string, query url.Values, _ string, _ int64) (taskhook.File, error) {
	if query.Get("signature") != "good" {
		return taskhook.File{}, taskhook.Errorf(taskhook.CodeForbidden, "The upload link is not valid.")
	}
	return f.file, f.found(owner, id, f.file.ID)
}

func (f worldFiles) Receive(_ context.Context, _ taskhook.File, r io.Reader) (err error) {
	f.body, err = io.ReadAll(r)
	return err
}

func TestAnnouncementsOfNoForm(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"contentType":"image/png","sizeBytes":7}`:                      "MISSING_PARAMETER filename",
		`{"filename":"a","sizeBytes":7}`:                                 "MISSING_PARAMETER contentType",
		`{"filename":"a","contentType":"image/png"}`:                     "MISSING_PARAMETER sizeBytes",
		`{"filename":"a","contentType":"image/png","sizeBytes":null}`:    "MISSING_PARAMETER sizeBytes",
		`{"filename":"a","contentType":"image/png","sizeBytes":"7"}`:     "INVALID_PARAMETER sizeBytes",
		`{"filename":"a","contentType":"image/png","sizeBytes":1.5}`:     "INVALID_PARAMETER sizeBytes",
		`{"filename":"a","contentType":"image/png","sizeBytes":1e99}`:    "INVALID_PARAMETER sizeBytes",
		`{"filename":"a\u0000","contentType":"image/png","sizeBytes":1}`: "INVALID_PARAMETER filename",
		`{"filename":7,"contentType":"image/png","sizeBytes":1}`:         "INVALID_PARAMETER filename",
	} {
		e := open(t, newWorld().ask(t, "POST", "/api/v1/files/upload-url", body))
		if got := e.Error.Code + " " + e.Error.Details.Field; got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

func TestUpload(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		why, method, target, encoding string
		err                           error
		status                        int
		code                          string
		read                          bool
	}{
		{why: "good", method: "PUT", target: "/uploads/file_1?signature=good", status: 200, read: true},
		{why: "forged", method: "PUT", target: "/uploads/file_1?signature=bad", status: 403, code: "FORBIDDEN"},
		{why: "no id", method: "PUT", target: "/uploads/art_1?signature=good", status: 404, code: "NOT_FOUND"},
		{why: "another method", method: "POST", target: "/uploads/file_1?signature=good", status: 405, code: "METHOD_NOT_ALLOWED"},
		{why: "compressed", method: "PUT", target: "/uploads/file_1?signature=good", encoding: "gzip", status: 400, code: "VALIDATION_ERROR"},
		{why: "full", method: "PUT", target: "/uploads/file_1?signature=good", err: taskhook.Errorf(taskhook.CodeStorageFull, "Full."), status: 503, code: "STORAGE_FULL"},
		{why: "complete", method: "PUT", target: "/uploads/file_1?signature=good", err: taskhook.Errorf(taskhook.CodeConflict, "Done."), status: 409, code: "CONFLICT"},
	} {
		w := newWorld()
		w.err = test.err
		face, _ := w.face(t)
		mux := http.NewServeMux()
		mux.Handle("/uploads/{file_id}", face.UploadHandler())
		body := &countedReader{r: strings.NewReader("7 bytes")}
		r := httptest.NewRequest(test.method, test.target, body)
		r.Header.Set("Content-Encoding", test.encoding)
		rec := httptest.NewRecorder()
		httpserver.Wrap(slog.New(slog.DiscardHandler), mux).ServeHTTP(rec, r)
		e := open(t, rec)
		if rec.Code != test.status || e.Error != nil && e.Error.Code != test.code {
			t.Errorf("%s: %d %s", test.why, rec.Code, rec.Body)
		}
		if (body.n > 0) != test.read || test.read && string(w.body) != "7 bytes" {
			t.Errorf("%s: %d bytes were read", test.why, body.n)
		}
		if !test.read && rec.Header().Get("Connection") != "close" {
			t.Errorf("%s: the connection is kept", test.why)
		}
	}
}

type countedReader struct {
	r io.Reader
	n int
}

func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}
