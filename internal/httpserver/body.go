package httpserver

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/taskhook/taskhook"
)

// Body says which bodies a face reads. What is read is not parsed here.
type Body struct {
	Limit    int64  // the most bytes, a whole number of MB as its users are told
	Advice   string // what to do with more, as a sentence: "Send files by their URL."
	OnlyJSON bool   // a Content-Type that says something else than JSON is refused
}

// inOnePiece is the longest body for which memory is taken on the word of its
// header, before any of it has come.
const inOnePiece = 1 << 20

// Read returns the body of r, of which it reads no more than the limit. An error is
// a taskhook.Error: CodeTooLarge of a body over the limit, else CodeMalformed.
func (b Body) Read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if err := RefuseCompressed(r.Header, "body"); err != nil {
		return nil, err
	}
	if b.OnlyJSON && !mayBeJSON(r.Header.Get("Content-Type")) {
		return nil, taskhook.Errorf(taskhook.CodeMalformed, "The body must be JSON. Send it with the header Content-Type: application/json.")
	}
	if r.ContentLength > b.Limit {
		w.Header().Set("Connection", "close") // the rest is not worth reading
		return nil, b.tooLarge()
	}
	body, err := b.readAll(w, r)
	if err == nil {
		return body, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, b.tooLarge()
	}
	return nil, &taskhook.Error{Code: taskhook.CodeMalformed, Message: "The body ended before it was complete. Send it again.", Err: err}
}

// readAll reads a body in one piece where its length is known.
func (b Body) readAll(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body := http.MaxBytesReader(w, r.Body, b.Limit)
	if r.ContentLength < 0 || r.ContentLength > inOnePiece {
		return io.ReadAll(body)
	}
	whole := make([]byte, r.ContentLength)
	_, err := io.ReadFull(body, whole)
	return whole, err
}

func (b Body) tooLarge() error {
	return taskhook.Errorf(taskhook.CodeTooLarge, "The body is larger than %d MB. %s", b.Limit>>20, b.Advice)
}

// RefuseCompressed returns an error where the header says that what comes with it,
// which what names ("body"), is compressed: the size of that would not be known.
func RefuseCompressed(h http.Header, what string) error {
	if encoding := h.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return taskhook.Errorf(taskhook.CodeMalformed, "The %s is compressed. Send it without Content-Encoding.", what)
	}
	return nil
}

// mayBeJSON reports whether a Content-Type is one of JSON, or is not given. That of
// curl -d is neither.
func mayBeJSON(contentType string) bool {
	if contentType == "" || contentType == "application/json" {
		return true
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && (mediaType == "application/json" || strings.HasSuffix(mediaType, "+json"))
}
