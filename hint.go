package taskhook

import (
	"fmt"
	"net/http"
)

// Hint says in a sentence or two what to do about an attempt that was not
// accepted, and nothing about one that was.
func Hint(a *Attempt) string {
	switch a.Class {
	case ClassOK:
		return ""
	case ClassStatus:
		return statusHint(a.Status)
	case ClassRedirect:
		return "The receiver wants to send us elsewhere, and redirects are never followed. Register the address that the webhook is to end at."
	case ClassGone:
		return "The receiver answers 410, which says that it is gone for good, so no further attempt is made. Register its new address, or delete it."
	case ClassTimeout:
		return "The receiver took too long. Let it answer 200 as soon as it has stored the webhook, and do the work afterwards."
	case ClassRefused:
		return "Nothing listens at this address. Start the receiver, and check host and port."
	case ClassDNS:
		return "The host name does not resolve. Check its spelling, and that its DNS record is public."
	case ClassTLS:
		return "No secure connection could be made. Check that the certificate is valid for the host name, not expired, and sent with its intermediates."
	case ClassBlocked:
		return "Webhooks are not sent to this address. Private and local ones need the operator's permission: the setting allow."
	case ClassProtocol:
		return "What answered does not speak HTTP as it should. Check that scheme and port are those of a web server."
	case ClassNetwork:
		return "The connection broke. If that persists, look at the receiver's network, proxy or load balancer."
	}
	return "Look at the error, then replay the delivery."
}

// statusHint is about answers other than 2xx, 3xx and 410.
func statusHint(status int) string {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return "The receiver does not accept the body. Its answer may say why; check that it reads JSON and knows this event type."
	case http.StatusUnauthorized, http.StatusForbidden:
		return "The receiver turned the webhook away. Check that it verifies with the current secret, over the unchanged bytes of the body, and that no firewall or login stands before it."
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return "There is a server, but it takes no POST at this path. Check the path of the URL and the route of the receiver."
	case http.StatusRequestEntityTooLarge:
		return "The body is too large for the receiver. Raise its limit for request bodies."
	case http.StatusUnsupportedMediaType:
		return "The receiver does not take application/json at this path. Let it."
	case http.StatusTooManyRequests:
		return "The receiver is limiting us. What it is owed is tried again later; raise its limit if this happens often."
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return "A proxy answered in place of the receiver. Check that the receiver runs and that its proxy reaches it."
	}
	if status >= 500 {
		return "The receiver has a fault of its own. Look into its log at the time of the attempt."
	}
	return fmt.Sprintf("The receiver answered %d, and only 2xx counts as accepted. Its answer may say why.", status)
}
