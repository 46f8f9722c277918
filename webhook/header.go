package webhook

// The headers of Standard Webhooks, in the form in which http.Header keeps them.
const (
	HeaderID        = "Webhook-Id"        // the event's id, the same on every attempt
	HeaderTimestamp = "Webhook-Timestamp" // of the attempt, Unix seconds in decimal
	HeaderSignature = "Webhook-Signature" // a list, separated by spaces
)

// The headers of ModelHunter.AI, in the form in which http.Header keeps them.
const (
	HeaderXID        = "X-Webhook-Id"
	HeaderXTimestamp = "X-Webhook-Timestamp"
	HeaderXSignature = "X-Webhook-Signature" // configured endpoints only
)

// The marks that tell the kinds of signature apart.
const (
	markHMAC    = "v1"
	markEd25519 = "v1a"
	markHex     = "sha256="
)
