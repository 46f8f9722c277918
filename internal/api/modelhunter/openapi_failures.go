package modelhunter

import (
	"slices"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/api/envelope"
	"github.com/taskhook/taskhook/internal/openapi"
)

// failure is a way in which requests fail.
type failure = envelope.Failure

// The failures that operations have in common.
var (
	badRequest = failure{Name: "BadRequest", Codes: []taskhook.Code{taskhook.CodeMalformed, taskhook.CodeMissing, taskhook.CodeInvalid},
		Text: "The request can't be read, lacks a field, or has one that can't be used; `details.field` names it.",
		Say:  "limit must be a whole number from 1 to 100."}
	unauthorized = failure{Name: "Unauthorized", Codes: []taskhook.Code{taskhook.CodeUnauthenticated, taskhook.CodeBadKey, taskhook.CodeKeyExpired},
		Text: "The request has no key, or one that is unknown or past its end.",
		Say:  "There is no key. Send the header Authorization: Bearer YOUR_KEY."}
	forbidden = failure{Name: "Forbidden", Codes: []taskhook.Code{taskhook.CodeForbidden, taskhook.CodeKeyRevoked, taskhook.CodeKeyPermission},
		Text: "The key was revoked, lacks the permission, or may not be used from this address.", Say: "The key was revoked. Use another one."}
	notFound = failure{Name: "NotFound", Codes: []taskhook.Code{taskhook.CodeNotFound},
		Text: "There is no such thing in the account of the key.", Say: "There is no such webhook in this account."}
	taskNotFound = failure{Name: "TaskNotFound", Codes: []taskhook.Code{taskhook.CodeTaskNotFound},
		Text: "There is no such task in the account of the key.", Say: "There is no such task in this account."}
	modelNotFound = failure{Name: "ModelNotFound", Codes: []taskhook.Code{taskhook.CodeModelNotFound, taskhook.CodeProviderNotFound, taskhook.CodeNotFound},
		Text: "No provider has this name or offers this capability, or it has no such model; the message says what there is.",
		Say:  "provider vidu has no model viduq3; did you mean viduq3-pro?"}
	retryNotFound = failure{Name: "RetryNotFound", Codes: []taskhook.Code{taskhook.CodeTaskNotFound, taskhook.CodeModelNotFound, taskhook.CodeProviderNotFound},
		Text: "There is no such task in the account of the key, or its model is no longer offered.", Say: "There is no such task in this account."}
	cursorExpired = failure{Name: "CursorExpired", Codes: []taskhook.Code{taskhook.CodeCursorExpired},
		Text: "Events after the cursor are no longer kept. `details.oldestCursor` is where the feed begins now.",
		Say:  "Events after this cursor are no longer kept, so going on would miss some."}
	conflict = failure{Name: "Conflict", Codes: []taskhook.Code{taskhook.CodeConflict},
		Text: "What the request is about is in a state that forbids it.", Say: "The task is already succeeded and can't be cancelled."}
	paymentRequired = failure{Name: "PaymentRequired", Codes: []taskhook.Code{taskhook.CodeNoBalance, taskhook.CodeSpendLimit},
		Text: "The account or the key can't pay for the task. Nothing was accepted, and an `Idempotency-Key` is still free.",
		Say:  "The task costs 0.32 USD, but only 0.1 USD are available and 0 USD held for unfinished tasks. Ask the operator for credit, or choose a model that costs less."}
	tooLarge413 = failure{Name: "TooLarge", Codes: []taskhook.Code{taskhook.CodeTooLarge},
		Text: "The body is larger than 1 MB, or holds more than 500 events.", Say: "The body is larger than 1 MB."}
	rateLimited = failure{Name: "RateLimited", Codes: []taskhook.Code{taskhook.CodeRateLimited},
		Text: "There are too many requests. Try again after `Retry-After`.", Say: "There are too many requests. Try again in a second."}
	fault = failure{Name: "Fault", Codes: []taskhook.Code{taskhook.CodeInternal},
		Text: "The server has a fault, and has logged it under the request id.", Say: "The server has a fault. Try again."}
	unavailable = failure{Name: "Unavailable", Codes: []taskhook.Code{taskhook.CodeUnavailable, taskhook.CodeStorageFull},
		Text: "Nothing was accepted: the server stops, is overloaded or out of disk, or nothing runs the model. Try again after `Retry-After`.",
		Say:  "The server is stopping. Try again in a few seconds."}
)

// failures lists how a route may fail; what its note says goes before what is
// usual.
func (w *docWriter) failures(route Route, n operationNote) []failure {
	list := slices.Clone(n.failures)
	usual := func(f failure) {
		if !slices.ContainsFunc(list, func(other failure) bool { return other.Status() == f.Status() }) {
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

func header(name, text string, schema *openapi.Schema) map[string]openapi.Header {
	return map[string]openapi.Header{name: {Description: text, Schema: schema}}
}
