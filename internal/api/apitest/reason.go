package apitest

// Reason is why a request is refused.
type Reason int

// The reasons that every API tells apart by status or text.
const (
	NoKey      Reason = iota // none was sent
	BadKey                   // it is unknown
	NotAllowed               // the key lacks the permission
	NotFound                 // no such task, or one of another account
	Ended                    // it can't be cancelled any more
	Malformed                // the body is no JSON object
	TooLarge                 // the body is over a megabyte
	Missing                  // a required parameter is absent
	BadWebhook               // the receiver's URL can't be used
	Full                     // too many unfinished tasks
	NoProvider               // nothing runs the model
	Repeated                 // another request has had this idempotency key
)

// String names the reason in the output of tests.
func (r Reason) String() string {
	return [...]string{"no key", "a bad key", "a missing permission", "an unknown id", "a task that has ended", "a malformed body", "a large body",
		"a missing parameter", "a bad webhook URL", "a full queue", "no provider", "a used idempotency key"}[r]
}
