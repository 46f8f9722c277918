package modelhunter

import (
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/api/envelope"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// writeData answers with data.
func (f *Face) writeData(w http.ResponseWriter, r *http.Request, status int, data any) error {
	f.write(w, r, status, envelope.Envelope{Success: true, Data: data})
	return nil
}

// write answers with an envelope.
func (f *Face) write(w http.ResponseWriter, r *http.Request, status int, e envelope.Envelope) {
	body, err := httpserver.EncodeJSON(e)
	if err != nil {
		f.answers.LogFault(w, r, fmt.Errorf("write the answer: %w", err))
		status, body = http.StatusInternalServerError, []byte(envelope.Fault)
	}
	f.writeBody(w, r, status, append(body, '\n'))
}

// writeBody answers with finished JSON.
func (f *Face) writeBody(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	f.answers.WriteJSON(w, r, status, body)
}

// writeList answers with a part of a list.
func writeList[T, W any](f *Face, w http.ResponseWriter, r *http.Request, list taskhook.List[T], render func(T) W) error {
	e := envelope.Envelope{Success: true, Data: rendered(list.Items, render), Pagination: &client.Pagination{HasMore: list.More, Total: list.Total}}
	e.Pagination.SearchedTo = wholeSecond(list.SearchedTo)
	if list.More {
		e.Pagination.Cursor = list.Next
	}
	f.write(w, r, http.StatusOK, e)
	return nil
}

// rendered never returns nil, which JSON would have as null.
func rendered[T, W any](items []T, render func(T) W) []W {
	out := make([]W, len(items))
	for i, item := range items {
		out[i] = render(item)
	}
	return out
}

// wholeSecond returns a time as the API shows it: "2025-01-15T10:00:45Z".
func wholeSecond(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Second)
}

// milli returns a time as attempts show it, which follow one another quickly.
func milli(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Millisecond)
}

// seconds rounds up, so that an estimate of less than a second is not none.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
