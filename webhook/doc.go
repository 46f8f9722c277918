// Package webhook signs webhooks and verifies them. The server signs with it,
// and receivers written in Go import it to check what they are sent:
//
//	body, err := webhook.VerifyRequest(r, secret)
//
// Three signatures are in use, and a delivery carries those that its kind has.
//
//   - Configured endpoints share a secret with the sender. webhook-signature is
//     that of Standard Webhooks: "v1," and the base64 HMAC-SHA256 of
//     "id.timestamp.body", keyed with the bytes that the secret's base64 stands
//     for. While a secret is being changed it is a list, separated by spaces.
//   - The same deliveries carry X-Webhook-Signature, as ModelHunter.AI documents
//     it: "sha256=" and the hex HMAC-SHA256 of "timestamp.body", keyed with the
//     whole text of the secret. There is only ever one.
//   - Per-job deliveries have no shared secret. Their webhook-signature is "v1a,"
//     and the base64 Ed25519 signature of "id.timestamp.body", to be checked with
//     the public keys that the sender publishes as a JSON Web Key Set.
//
// The package is pure: it knows headers, bytes and keys, and neither sends nor
// stores anything. It needs the standard library only.
package webhook
