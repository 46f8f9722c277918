package httpserver

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
)

// Answers writes the answers of a face, whose form is the face's alone. It may be
// used concurrently.
type Answers struct {
	log         *slog.Logger
	contentType []string // as http.Header keeps it, so that setting it allocates nothing
}

// NewAnswers returns an Answers that logs to log.
func NewAnswers(log *slog.Logger) *Answers {
	return &Answers{log: log, contentType: []string{"application/json"}}
}

// WriteJSON answers with finished JSON.
func (a *Answers) WriteJSON(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	header := w.Header()
	header["Content-Type"] = a.contentType
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		a.log.LogAttrs(r.Context(), slog.LevelDebug, "client gone before its answer",
			slog.String("request_id", RequestID(w)), slog.Any("error", err))
	}
}

// EncodeJSON returns value as compact JSON. Characters that matter in HTML are not
// escaped: nothing takes answers for HTML, and links stay readable.
func EncodeJSON(value any) ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	err := enc.Encode(value)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}
