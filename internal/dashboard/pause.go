package dashboard

import (
	"net/http"

	"github.com/taskhook/taskhook"
)

// pause holds what an endpoint is owed.
func (d *Dashboard) pause(r *http.Request, s *session) (result, error) {
	return d.setState(r, s, taskhook.EndpointPaused, "Paused. What is owed to it is held until you resume.")
}

// resume sends again what was held.
func (d *Dashboard) resume(r *http.Request, s *session) (result, error) {
	return d.setState(r, s, taskhook.EndpointActive, "Resumed. What was held is being sent.")
}

func (d *Dashboard) setState(r *http.Request, s *session, state taskhook.EndpointState, text string) (result, error) {
	id := r.PathValue("id")
	_, err := d.Endpoints.UpdateEndpoint(r.Context(), s.Account.ID, id, taskhook.EndpointChange{State: &state})
	return result{"/endpoints/" + id, flash{Text: text}}, err
}
