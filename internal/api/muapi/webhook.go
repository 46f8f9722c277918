package muapi

import "github.com/taskhook/taskhook"

// WebhookBody returns what writes the webhook bodies of this API, whose links to
// the results begin with baseURL. The form is that of the founding page: outputs
// stand only in a success, error only in a failure.
func WebhookBody(baseURL string) taskhook.RenderFunc {
	return func(o taskhook.Outcome) []byte {
		return encode(newPrediction(baseURL, &o.Task, o.Links))
	}
}
