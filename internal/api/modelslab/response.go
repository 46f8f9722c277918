package modelslab

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// write answers with JSON: a finished text, or what encoding/json makes one of.
func (f *Face) write(w http.ResponseWriter, r *http.Request, status int, answer any) {
	body, ok := answer.(json.RawMessage)
	if !ok {
		var err error
		if body, err = httpserver.EncodeJSON(answer); err != nil {
			f.answers.LogFault(w, r, fmt.Errorf("write the answer: %w", err))
			status, body = http.StatusInternalServerError, json.RawMessage(`{"status":"error","message":"The server has a fault."}`)
		}
	}
	f.answers.WriteJSON(w, r, status, body)
}

// unmatched answers a request that no route takes.
func (f *Face) unmatched(w http.ResponseWriter, r *http.Request) {
	err := taskhook.Errorf(taskhook.CodeNotFound, "There is nothing at this path. Generation is at /api/v6/{family}/{operation}.")
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if _, pattern := f.mux.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host}); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) > 0 {
		list := strings.Join(allowed, ", ")
		w.Header().Set("Allow", list)
		err = taskhook.Errorf(taskhook.CodeMethod, "This path does not take the method of the request; it takes %s.", list)
	}
	f.writeError(w, r, false, err)
}
