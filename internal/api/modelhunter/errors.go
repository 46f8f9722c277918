package modelhunter

import (
	"net/http"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/api/envelope"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// writeError answers with err, and logs it if it is a fault of ours.
func (f *Face) writeError(w http.ResponseWriter, r *http.Request, err error) {
	f.writeReadable(w, r, f.answers.Readable(w, r, err))
}

func (f *Face) writeReadable(w http.ResponseWriter, r *http.Request, bad *taskhook.Error) {
	status, out := envelope.Refuse(w.Header(), bad)
	if bad.Code == taskhook.CodeCursorExpired && out.Error.Details != nil {
		out.Error.Details.OldestCursor = renderCursor(bad.Oldest)
	}
	f.write(w, r, status, out)
}

// fault answers in place of a handler that panicked, which is logged already.
func (f *Face) fault(w http.ResponseWriter, r *http.Request) {
	f.writeReadable(w, r, httpserver.InternalFault(w))
}
