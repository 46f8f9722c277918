package webhook

import "net/http"

// The headers of Standard Webhooks, spelt as http.Header keeps them.
const (
	HeaderID        = "Webhook-Id"        // the event's id, the same on every attempt
	HeaderTimestamp = "Webhook-Timestamp" // of the attempt: Unix seconds in decimal
	HeaderSignature = "Webhook-Signature" // a list, separated by spaces
)

// The headers of ModelHunter.AI, spelt as http.Header keeps them.
const (
	HeaderXID        = "X-Webhook-Id"
	HeaderXTimestamp = "X-Webhook-Timestamp"
	HeaderXSignature = "X-Webhook-Signature" // on deliveries to configured endpoints only
)

// The marks before the signatures.
const (
	markHMAC    = "v1,"
	markEd25519 = "v1a,"
	markHex     = "sha256="
)

// setHeaders writes all headers of a delivery, with one array behind all of
// their values. There is no X-Webhook-Signature if hexSignature is empty.
func setHeaders(h http.Header, id, timestamp, list, hexSignature string) {
	values := [...]string{id, timestamp, list, hexSignature}
	h[HeaderID] = values[0:1:1]
	h[HeaderTimestamp] = values[1:2:2]
	h[HeaderSignature] = values[2:3:3]
	h[HeaderXID] = values[0:1:1]
	h[HeaderXTimestamp] = values[1:2:2]
	if hexSignature == "" {
		delete(h, HeaderXSignature)
		return
	}
	h[HeaderXSignature] = values[3:4:4]
}
