package modelhunter

import (
	"math"
	"net/http"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// How long an old secret stays valid beside its successor.
const (
	defaultOverlap = 24 * time.Hour
	maxOverlap     = 7 * 24 * time.Hour
)

// rotateSecret answers POST /webhooks/{id}/rotate-secret, and shows the new
// secret this once.
func (f *Face) rotateSecret(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := webhookID(r)
	if err != nil {
		return err
	}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	overlap, err := decodeRotation(body)
	if err != nil {
		return err
	}
	e, err := f.EndpointTools.RotateSecret(r.Context(), who.AccountID, id, overlap)
	if err != nil {
		return err
	}
	out := renderWebhook(e)
	if len(e.Secrets) > 0 {
		out.Secret, out.SecretPromotedAt = e.Secrets[0].Text, wholeSecond(e.Secrets[0].PromotedAt)
	}
	if len(e.Secrets) > 1 {
		out.PreviousSecretExpiresAt = wholeSecond(e.Secrets[1].ExpiresAt)
	}
	return f.writeData(w, r, http.StatusOK, out)
}

// decodeRotation reads the overlap from a body that may be empty.
func decodeRotation(body []byte) (time.Duration, error) {
	if len(body) == 0 {
		return defaultOverlap, nil
	}
	var overlap *float64 // a client may write 60.0
	err := decodeObject(body, func(name string) any {
		if name == "overlapSeconds" {
			return &overlap
		}
		return nil
	})
	if err != nil || overlap == nil {
		return defaultOverlap, err
	}
	if *overlap != math.Trunc(*overlap) {
		return 0, wrongType("overlapSeconds", "a whole number")
	}
	if most := maxOverlap.Seconds(); *overlap < 0 || *overlap > most {
		return 0, taskhook.FieldErrorf(taskhook.CodeInvalid, "overlapSeconds", "overlapSeconds must be from 0 to %.0f.", most)
	}
	return time.Duration(*overlap) * time.Second, nil
}

// dropHeld answers POST /webhooks/{id}/drop.
func (f *Face) dropHeld(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := webhookID(r)
	if err != nil {
		return err
	}
	n, err := f.EndpointTools.DropHeld(r.Context(), who.AccountID, id)
	if err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, client.Dropped{WebhookID: id, Dropped: n})
}

// testWebhook answers POST /webhooks/{id}/test. That the receiver refused is an
// answer, not an error.
func (f *Face) testWebhook(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := webhookID(r)
	if err != nil {
		return err
	}
	t, err := f.EndpointTools.TestEndpoint(r.Context(), who.AccountID, id)
	if err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, client.TestResult{
		EventID: t.EventID, DeliveryID: t.DeliveryID, Delivered: t.Delivered, StatusCode: t.Status,
		DurationMS: t.Duration.Milliseconds(), Error: t.Error,
	})
}
