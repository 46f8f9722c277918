package modelhunter

import (
	"net/http"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// createWebhook answers POST /webhooks, and shows the secret this once.
func (f *Face) createWebhook(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	body, err := readObject(w, r)
	if err != nil {
		return err
	}
	n, err := decodeWebhook(body)
	if err != nil {
		return err
	}
	e, err := f.Endpoints.CreateEndpoint(r.Context(), who.AccountID, n)
	if err != nil {
		return err
	}
	out := renderWebhook(e)
	if len(e.Secrets) > 0 {
		out.Secret = e.Secrets[0].Text
	}
	return f.writeData(w, r, http.StatusCreated, out)
}

// decodeWebhook reads the body that registers a webhook.
func decodeWebhook(body []byte) (n taskhook.NewEndpoint, err error) {
	var retry schedule
	err = decodeObject(body, func(name string) any {
		switch name {
		case "url":
			return &n.URL
		case "events":
			return &n.Events
		case "description":
			return &n.Description
		case "retrySchedule":
			return &retry
		case "ratePerSecond":
			return &n.Rate
		case "maxInFlight":
			return &n.MaxInFlight
		}
		return nil
	})
	n.Schedule = retry.delays
	switch {
	case err != nil:
		return n, err
	case n.URL == "":
		return n, missing("url")
	case n.Events == nil:
		return n, missing("events")
	}
	return n, nil
}

// listWebhooks answers GET /webhooks.
func (f *Face) listWebhooks(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	q := queryOf(r)
	filter := taskhook.EndpointFilter{
		AccountID: who.AccountID,
		State:     oneOf(q, "state", taskhook.EndpointActive, taskhook.EndpointPaused, taskhook.EndpointDisabled),
		Page:      q.page(defaultWebhooksLimit, taskhook.PrefixEndpoint),
	}
	if q.err != nil {
		return q.err
	}
	list, err := f.Endpoints.Endpoints(r.Context(), filter)
	if err != nil {
		return err
	}
	return writeList(f, w, r, list, renderWebhook)
}

// webhook answers GET /webhooks/{id}, and says how the webhook fares.
func (f *Face) webhook(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := webhookID(r)
	if err != nil {
		return err
	}
	h, err := f.EndpointTools.EndpointHealth(r.Context(), who.AccountID, id)
	if err != nil {
		return err
	}
	out := renderWebhook(h.Endpoint)
	out.Health = new(renderHealth(&h))
	out.Health.Hours = nil
	return f.writeData(w, r, http.StatusOK, out)
}

// updateWebhook answers PATCH and PUT /webhooks/{id}; both change only what is
// given.
func (f *Face) updateWebhook(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := webhookID(r)
	if err != nil {
		return err
	}
	body, err := readObject(w, r)
	if err != nil {
		return err
	}
	change, err := decodeChange(body)
	if err != nil {
		return err
	}
	e, err := f.Endpoints.UpdateEndpoint(r.Context(), who.AccountID, id, change)
	if err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, renderWebhook(e))
}

// decodeChange reads the body that changes a webhook.
func decodeChange(body []byte) (change taskhook.EndpointChange, err error) {
	var active *bool
	var state *string
	var retry schedule
	err = decodeObject(body, func(name string) any {
		switch name {
		case "url":
			return &change.URL
		case "events":
			return &change.Events
		case "description":
			return &change.Description
		case "active":
			return &active
		case "state":
			return &state
		case "retrySchedule":
			return &retry
		case "ratePerSecond":
			return &change.Rate
		case "maxInFlight":
			return &change.MaxInFlight
		}
		return nil
	})
	if err != nil {
		return change, err
	}
	if retry.given {
		change.Schedule = &retry.delays
	}
	change.State, err = wantedState(active, state)
	return change, err
}

// wantedState returns the state that a change asks for, by either of two fields.
func wantedState(active *bool, state *string) (*taskhook.EndpointState, error) {
	if active == nil {
		return (*taskhook.EndpointState)(state), nil
	}
	wanted := taskhook.EndpointPaused
	if *active {
		wanted = taskhook.EndpointActive
	}
	if state != nil && *state != string(wanted) {
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "state", "active and state contradict each other. Send one of them.")
	}
	return &wanted, nil
}

// deleteWebhook answers DELETE /webhooks/{id}.
func (f *Face) deleteWebhook(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := webhookID(r)
	if err != nil {
		return err
	}
	if err := f.Endpoints.DeleteEndpoint(r.Context(), who.AccountID, id); err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, client.Deleted{ID: id, Deleted: true})
}

// renderWebhook shows an endpoint without its secrets.
func renderWebhook(e taskhook.Endpoint) client.Webhook {
	out := client.Webhook{
		ID: e.ID, URL: e.URL, Events: e.Events, Description: e.Description, Active: e.State == taskhook.EndpointActive,
		State: string(e.State), Reason: e.Reason, CreatedAt: wholeSecond(e.CreatedAt), UpdatedAt: wholeSecond(e.UpdatedAt),
		RatePerSecond: e.Rate, MaxInFlight: e.MaxInFlight,
	}
	if e.Schedule != nil {
		out.RetrySchedule = rendered(e.Schedule, time.Duration.Seconds)
	}
	return out
}
