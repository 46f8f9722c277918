package openapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Handlers returns handlers that serve a document as JSON and as a page. The
// document is made when it is first asked for, as few processes ever are. Where
// it can't be made, which is a fault in the program, they panic, for a middleware
// to report.
func Handlers(specURL string, document func() (*Document, error)) (spec, page http.Handler) {
	made := sync.OnceValues(document)
	page = lazy(made, func(d *Document) (http.Handler, error) { return d.Page(specURL) })
	return lazy(made, (*Document).Handler), page
}

// lazy makes a handler from a document when it is first used.
func lazy(made func() (*Document, error), handler func(*Document) (http.Handler, error)) http.Handler {
	once := sync.OnceValues(func() (http.Handler, error) {
		d, err := made()
		if err != nil {
			return nil, err
		}
		return handler(d)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, err := once()
		if err != nil {
			panic(err)
		}
		h.ServeHTTP(w, r)
	})
}

// Handler serves the document as JSON. Any page may read it: it holds nothing
// that is not meant for everyone who reaches the server.
func (d *Document) Handler() (http.Handler, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	return fixed(text, http.Header{
		"Content-Type":                {"application/json"},
		"Access-Control-Allow-Origin": {"*"},
	}), nil
}

// fixed serves a body that stays the same as long as the process runs. Browsers
// keep it and ask whether it has changed.
func fixed(body []byte, header http.Header) http.Handler {
	sum := sha256.Sum256(body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for name, values := range header {
			h[name] = values
		}
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	})
}
