package envelope

import (
	"net/http"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// Envelope is the frame of every answer.
type Envelope struct {
	Success    bool               `json:"success"`
	Data       any                `json:"data,omitempty"`
	Pagination *client.Pagination `json:"pagination,omitempty"`
	Error      *client.Error      `json:"error,omitempty"`
}

// Fault is the answer when one can't be written, and why is logged.
const Fault = `{"success":false,"error":{"code":"INTERNAL_ERROR","message":"The server has a fault."}}`

// Refuse sets the headers that go with an error, and returns the rest of its answer.
func Refuse(h http.Header, bad *taskhook.Error) (status int, e Envelope) {
	words := WordsOf(bad.Code)
	words.setHeaders(h)
	e.Error = &client.Error{Code: words.Code, Message: httpserver.Shorten(bad.Message)}
	if bad.Field != "" {
		e.Error.Details = &client.ErrorDetails{Field: httpserver.Shorten(bad.Field), Reason: e.Error.Message}
	}
	return words.Status, e
}
