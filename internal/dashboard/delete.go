package dashboard

import "net/http"

// deleteEndpoint deletes an endpoint and cancels what it is owed.
func (d *Dashboard) deleteEndpoint(r *http.Request, s *session) (result, error) {
	id := r.PathValue("id")
	if err := d.Endpoints.DeleteEndpoint(r.Context(), s.Account.ID, id); err != nil {
		return result{to: "/endpoints/" + id}, err
	}
	return result{"/endpoints", flash{Text: "The endpoint is deleted."}}, nil
}
