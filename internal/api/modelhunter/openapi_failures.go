package modelhunter

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/openapi"
)

// failure is a way in which requests fail: codes that share a status.
type failure struct {
	name  string
	codes []taskhook.Code
	text  string
	say   string // a message for the example
}

func (f failure) status() int { return wireErrorOf(f.codes[0]).status }

// words returns the codes as the API says them.
func (f failure) words() []string {
	words := make([]string, len(f.codes))
	for i, code := range f.codes {
		words[i] = wireErrorOf(code).code
	}
	return words
}

// The failures that operations have in common.
var (
	badRequest = failure{"BadRequest", []taskhook.Code{taskhook.CodeMalformed, taskhook.CodeMissing, taskhook.CodeInvalid},
		"The request can't be read, lacks a field, or has one that can't be used; `details.field` names it.",
		"limit must be a whole number from 1 to 100."}
	unauthorized = failure{"Unauthorized", []taskhook.Code{taskhook.CodeUnauthenticated, taskhook.CodeBadKey, taskhook.CodeKeyExpired},
		"The request has no key, or one that is unknown or past its end.",
		"There is no key. Send the header Authorization: Bearer YOUR_KEY."}
	forbidden = failure{"Forbidden", []taskhook.Code{taskhook.CodeForbidden, taskhook.CodeKeyRevoked, taskhook.CodeKeyPermission},
		"The key was revoked, lacks the permission, or may not be used from this address.", "The key was revoked. Use another one."}
	notFound = failure{"NotFound", []taskhook.Code{taskhook.CodeNotFound},
		"There is no such thing in the account of the key.", "There is no such webhook in this account."}
	taskNotFound = failure{"TaskNotFound", []taskhook.Code{taskhook.CodeTaskNotFound},
		"There is no such task in the account of the key.", "There is no such task in this account."}
	modelNotFound = failure{"ModelNotFound", []taskhook.Code{taskhook.CodeModelNotFound, taskhook.CodeProviderNotFound, taskhook.CodeNotFound},
		"No provider has this name or offers this capability, or it has no such model; the message says what there is.",
		"provider vidu has no model viduq3; did you mean viduq3-pro?"}
	retryNotFound = failure{"RetryNotFound", []taskhook.Code{taskhook.CodeTaskNotFound, taskhook.CodeModelNotFound, taskhook.CodeProviderNotFound},
		"There is no such task in the account of the key, or its model is no longer offered.", "There is no such task in this account."}
	cursorExpired = failure{"CursorExpired", []taskhook.Code{taskhook.CodeCursorExpired},
		"Events after the cursor are no longer kept. `details.oldestCursor` is where the feed begins now.",
		"Events after this cursor are no longer kept, so going on would miss some."}
	conflict = failure{"Conflict", []taskhook.Code{taskhook.CodeConflict},
		"What the request is about is in a state that forbids it.", "The task is already succeeded and can't be cancelled."}
	paymentRequired = failure{"PaymentRequired", []taskhook.Code{taskhook.CodeNoBalance, taskhook.CodeSpendLimit},
		"The account or the key can't pay for the task. Nothing was accepted, and an `Idempotency-Key` is still free.",
		"The task costs 0.32 USD, but only 0.1 USD are available and 0 USD held for unfinished tasks. Ask the operator for credit, or choose a model that costs less."}
	tooLarge413 = failure{"TooLarge", []taskhook.Code{taskhook.CodeTooLarge},
		"The body is larger than 1 MB, or holds more than 500 events.", "The body is larger than 1 MB."}
	rateLimited = failure{"RateLimited", []taskhook.Code{taskhook.CodeRateLimited},
		"There are too many requests. Try again after `Retry-After`.", "There are too many requests. Try again in a second."}
	fault = failure{"Fault", []taskhook.Code{taskhook.CodeInternal},
		"The server has a fault, and has logged it under the request id.", "The server has a fault. Try again."}
	unavailable = failure{"Unavailable", []taskhook.Code{taskhook.CodeUnavailable, taskhook.CodeStorageFull},
		"Nothing was accepted: the server stops, is overloaded or out of disk, or nothing runs the model. Try again after `Retry-After`.",
		"The server is stopping. Try again in a few seconds."}
)

// failures lists how a route may fail; what its note says goes before what is
// usual.
func (w *docWriter) failures(route Route, n operationNote) []failure {
	list := slices.Clone(n.failures)
	usual := func(f failure) {
		if !slices.ContainsFunc(list, func(other failure) bool { return other.status() == f.status() }) {
			list = append(list, f)
		}
	}
	if route.Request != nil {
		usual(tooLarge413)
	}
	if route.Request != nil || slices.ContainsFunc(n.parameters, func(p openapi.Parameter) bool { return p.In == "query" }) {
		usual(badRequest)
	}
	if strings.Contains(route.Pattern, "/tasks/{id}") {
		usual(taskNotFound)
	} else if strings.Contains(route.Pattern, "id}") {
		usual(notFound)
	}
	for _, f := range []failure{unauthorized, forbidden, rateLimited, fault, unavailable} {
		usual(f)
	}
	return list
}

// failure returns the reference to the answer of a failure.
func (w *docWriter) failure(f failure) *openapi.Response {
	schema := openapi.Object(
		openapi.Property{Name: "success", Schema: &openapi.Schema{Const: false}},
		openapi.Property{Name: "error", Schema: &openapi.Schema{AllOf: []*openapi.Schema{
			w.types.Schema(client.Error{}),
			openapi.Object(openapi.Property{Name: "code", Schema: &openapi.Schema{Enum: openapi.Enum(f.words()...)}}),
		}}})
	example := envelope{Error: &client.Error{Code: f.words()[0], Message: f.say}}
	r := &openapi.Response{Description: f.text, Content: openapi.JSON(schema, example)}
	switch wire := wireErrorOf(f.codes[0]); {
	case wire.retryAfter > 0:
		r.Headers = header("Retry-After", "How many seconds to wait.", &openapi.Schema{Type: "integer", Examples: []any{strconv.Itoa(wire.retryAfter)}})
	case wire.status == http.StatusUnauthorized:
		r.Headers = header("WWW-Authenticate", "How to authenticate.", &openapi.Schema{Const: "Bearer"})
	}
	return w.doc.AddResponse(f.name, r)
}

func header(name, text string, schema *openapi.Schema) map[string]openapi.Header {
	return map[string]openapi.Header{name: {Description: text, Schema: schema}}
}
