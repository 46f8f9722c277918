package envelope

import (
	"net/http"
	"strconv"

	"github.com/taskhook/taskhook"
)

// Words is how the APIs say a code.
type Words struct {
	Status     int
	Code       string
	RetryAfter int // seconds to ask for; 0: not said
}

// setHeaders sets the headers that go with the error.
func (e Words) setHeaders(h http.Header) {
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	if e.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
}

// WordsOf is the one table of errors. The codes are those of ModelHunter.AI's
// documents where these have one, and in their style else.
func WordsOf(code taskhook.Code) Words {
	switch code {
	case taskhook.CodeMalformed:
		return Words{Status: http.StatusBadRequest, Code: "VALIDATION_ERROR"}
	case taskhook.CodeMissing:
		return Words{Status: http.StatusBadRequest, Code: "MISSING_PARAMETER"}
	case taskhook.CodeInvalid:
		return Words{Status: http.StatusBadRequest, Code: "INVALID_PARAMETER"}
	case taskhook.CodeUnauthenticated:
		return Words{Status: http.StatusUnauthorized, Code: "AUTH_REQUIRED"}
	case taskhook.CodeBadKey:
		return Words{Status: http.StatusUnauthorized, Code: "AUTH_INVALID_TOKEN"}
	case taskhook.CodeKeyExpired:
		return Words{Status: http.StatusUnauthorized, Code: "AUTH_TOKEN_EXPIRED"}
	case taskhook.CodeKeyRevoked:
		return Words{Status: http.StatusForbidden, Code: "KEY_REVOKED"}
	case taskhook.CodeKeyPermission:
		return Words{Status: http.StatusForbidden, Code: "KEY_PERMISSION_DENIED"}
	case taskhook.CodeForbidden:
		return Words{Status: http.StatusForbidden, Code: "FORBIDDEN"}
	case taskhook.CodeNotFound:
		return Words{Status: http.StatusNotFound, Code: "NOT_FOUND"}
	case taskhook.CodeTaskNotFound:
		return Words{Status: http.StatusNotFound, Code: "TASK_NOT_FOUND"}
	case taskhook.CodeModelNotFound:
		return Words{Status: http.StatusNotFound, Code: "MODEL_NOT_FOUND"}
	case taskhook.CodeProviderNotFound:
		return Words{Status: http.StatusNotFound, Code: "PROVIDER_NOT_FOUND"}
	case taskhook.CodeMethod:
		return Words{Status: http.StatusMethodNotAllowed, Code: "METHOD_NOT_ALLOWED"}
	case taskhook.CodeCursorExpired:
		return Words{Status: http.StatusGone, Code: "CURSOR_EXPIRED"}
	case taskhook.CodeConflict:
		return Words{Status: http.StatusConflict, Code: "CONFLICT"}
	case taskhook.CodeTooLarge:
		return Words{Status: http.StatusRequestEntityTooLarge, Code: "PAYLOAD_TOO_LARGE"}
	case taskhook.CodeFileTooLarge:
		return Words{Status: http.StatusUnprocessableEntity, Code: "FILE_TOO_LARGE"}
	case taskhook.CodeNoBalance:
		return Words{Status: http.StatusPaymentRequired, Code: "INSUFFICIENT_BALANCE"}
	case taskhook.CodeSpendLimit:
		return Words{Status: http.StatusPaymentRequired, Code: "SPEND_LIMIT_EXCEEDED"}
	case taskhook.CodeRateLimited:
		return Words{Status: http.StatusTooManyRequests, Code: "RATE_LIMIT_EXCEEDED", RetryAfter: 1}
	case taskhook.CodeStorageFull:
		return Words{Status: http.StatusServiceUnavailable, Code: "STORAGE_FULL", RetryAfter: 60}
	case taskhook.CodeUnavailable:
		return Words{Status: http.StatusServiceUnavailable, Code: "SERVICE_UNAVAILABLE", RetryAfter: 5}
	}
	return Words{Status: http.StatusInternalServerError, Code: "INTERNAL_ERROR"}
}
