package worker

import (
	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/api/envelope"
)

// The ways in which requests fail.
var (
	badRequest = envelope.Failure{Name: "BadRequest", Codes: []taskhook.Code{taskhook.CodeInvalid, taskhook.CodeMissing, taskhook.CodeMalformed},
		Text: "The request can't be read, lacks a field, or has one that can't be used; `details.field` names it.", Say: "free must be from 0 to capacity."}
	unauthorized = envelope.Failure{Name: "Unauthorized", Codes: []taskhook.Code{taskhook.CodeUnauthenticated, taskhook.CodeBadKey, taskhook.CodeKeyExpired},
		Text: "The request has no key, or one that is unknown or past its end.", Say: "There is no key. Send the header Authorization: Bearer YOUR_KEY."}
	forbidden = envelope.Failure{Name: "Forbidden", Codes: []taskhook.Code{taskhook.CodeKeyPermission, taskhook.CodeKeyRevoked, taskhook.CodeForbidden},
		Text: "The key is not one of workers, was revoked, or may not be used from this address.", Say: "The API key is not one of workers."}
	noWorker = envelope.Failure{Name: "NotFound", Codes: []taskhook.Code{taskhook.CodeNotFound},
		Text: "No worker of this name was lately heard of.", Say: `There is no worker "gpu-7"; a list of workers shows their names.`}
	over = envelope.Failure{Name: "Conflict", Codes: []taskhook.Code{taskhook.CodeConflict},
		Text: "The lease is over: the task was cancelled, has ended, or was given to another. Nothing was changed; stop working on it.",
		Say:  "The task was cancelled. Stop working on it."}
	misplaced = envelope.Failure{Name: "Misplaced", Codes: []taskhook.Code{taskhook.CodeConflict},
		Text: "The lease is over, or the bytes do not begin where those that have arrived end: ask how many have.",
		Say:  "Of output 0 there are 4096 bytes. Go on there."}
	badOutput = envelope.Failure{Name: "BadOutput", Codes: []taskhook.Code{taskhook.CodeInvalid, taskhook.CodeMalformed},
		Text: "There can be no such output, `offset` is none, or the bytes broke off: ask how many have arrived.", Say: "Outputs are numbered from 0."}
	outputTooLarge = envelope.Failure{Name: "OutputTooLarge", Codes: []taskhook.Code{taskhook.CodeTooLarge},
		Text: "The output is larger than 4 GB.", Say: "The output is larger than 4 GB."}
	tooLarge = envelope.Failure{Name: "TooLarge", Codes: []taskhook.Code{taskhook.CodeTooLarge},
		Text: "The body is larger than 1 MB.", Say: "The body is larger than 1 MB. No call of a worker needs so much."}
	rateLimited = envelope.Failure{Name: "RateLimited", Codes: []taskhook.Code{taskhook.CodeRateLimited},
		Text: "There are too many requests. Try again after `Retry-After`.", Say: "There are too many requests. Try again in a second."}
	fault = envelope.Failure{Name: "Fault", Codes: []taskhook.Code{taskhook.CodeInternal},
		Text: "The server has a fault, and has logged it under the request id.", Say: "The server has a fault. Try again."}
	unavailable = envelope.Failure{Name: "Unavailable", Codes: []taskhook.Code{taskhook.CodeUnavailable, taskhook.CodeStorageFull},
		Text: "The server stops, is overloaded or out of disk. Try again after `Retry-After`; the work goes on.", Say: "The server is stopping. Try again in a few seconds."}
)
