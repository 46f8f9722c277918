package muapi

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// wireError is how the API says a code. Its errors are those of FastAPI: a text,
// or for what does not fit the call a list of faults.
type wireError struct {
	status     int
	detail     string // said in place of the message, where clients know the words
	fault      string // type of the entry in a list of faults; empty: a text
	retryAfter int    // seconds to ask for; 0: not said
}

// The words of the API that stand for several codes.
const (
	textNotFound = "Not Found"
	textBadKey   = "Invalid API key"
)

// wireErrorOf is the one table of errors.
func wireErrorOf(code taskhook.Code) wireError {
	switch code {
	case taskhook.CodeMalformed:
		return wireError{status: http.StatusUnprocessableEntity, fault: "json_invalid"}
	case taskhook.CodeMissing:
		return wireError{status: http.StatusUnprocessableEntity, fault: "missing", detail: "Field required"}
	case taskhook.CodeInvalid:
		return wireError{status: http.StatusUnprocessableEntity, fault: "value_error"}
	case taskhook.CodeUnauthenticated, taskhook.CodeBadKey:
		return wireError{status: http.StatusUnauthorized, detail: textBadKey}
	case taskhook.CodeKeyExpired, taskhook.CodeKeyRevoked:
		return wireError{status: http.StatusUnauthorized}
	case taskhook.CodeKeyPermission, taskhook.CodeForbidden:
		return wireError{status: http.StatusForbidden}
	case taskhook.CodeNotFound, taskhook.CodeTaskNotFound, taskhook.CodeModelNotFound, taskhook.CodeProviderNotFound:
		return wireError{status: http.StatusNotFound, detail: textNotFound}
	case taskhook.CodeMethod:
		return wireError{status: http.StatusMethodNotAllowed, detail: "Method Not Allowed"}
	case taskhook.CodeCursorExpired:
		return wireError{status: http.StatusGone}
	case taskhook.CodeConflict:
		return wireError{status: http.StatusConflict}
	case taskhook.CodeTooLarge, taskhook.CodeFileTooLarge:
		return wireError{status: http.StatusRequestEntityTooLarge}
	case taskhook.CodeNoBalance:
		return wireError{status: http.StatusPaymentRequired, detail: "Insufficient credits"}
	case taskhook.CodeSpendLimit:
		return wireError{status: http.StatusPaymentRequired}
	case taskhook.CodeRateLimited:
		return wireError{status: http.StatusTooManyRequests, detail: "Rate limit exceeded", retryAfter: 1}
	case taskhook.CodeStorageFull:
		return wireError{status: http.StatusServiceUnavailable, retryAfter: 60}
	case taskhook.CodeUnavailable:
		return wireError{status: http.StatusServiceUnavailable, retryAfter: 5}
	}
	return wireError{status: http.StatusInternalServerError}
}

// refusal is the body of an error.
type refusal struct {
	Detail any `json:"detail"` // a text or []fault
}

// fault says what is wrong with one place of a request.
type fault struct {
	Loc  []any  `json:"loc"` // ["body", "images_list", 0]
	Msg  string `json:"msg"`
	Type string `json:"type"`
}

// writeError answers with err, and logs it if it is a fault of ours.
func (f *Face) writeError(w http.ResponseWriter, r *http.Request, err error) {
	f.writeReadable(w, r, f.answers.Readable(w, r, err))
}

func (f *Face) writeReadable(w http.ResponseWriter, r *http.Request, bad *taskhook.Error) {
	wire := wireErrorOf(bad.Code)
	if wire.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(wire.retryAfter))
	}
	text := wire.detail
	if text == "" {
		text = httpserver.Shorten(bad.Message)
	}
	if wire.fault == "" {
		f.write(w, r, wire.status, refusal{text})
		return
	}
	f.write(w, r, wire.status, refusal{[]fault{{Loc: location(bad.Field), Msg: text, Type: wire.fault}}})
}

// What begins the field of an error about a parameter that is not in the body.
const (
	inQuery = "query."
	inPath  = "path."
)

// location is the place of a field: that of the input "input.images_list.0" is
// ["body", "images_list", 0], for here the body is the input.
func location(field string) []any {
	if place, name, ok := strings.Cut(field, "."); ok && (place+"." == inQuery || place+"." == inPath) {
		return []any{place, name}
	}
	loc := []any{"body"}
	if field == "input" || field == "" {
		return loc
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(httpserver.Shorten(field), "input."), ".") {
		if n, err := strconv.Atoi(part); err == nil && n >= 0 {
			loc = append(loc, n)
		} else {
			loc = append(loc, part)
		}
	}
	return loc
}

// fault answers in place of a handler that panicked, which is logged already.
func (f *Face) fault(w http.ResponseWriter, r *http.Request) {
	f.writeReadable(w, r, httpserver.InternalFault(w))
}
