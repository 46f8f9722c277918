package dashboard

import "net/http"

// replay sends a finished delivery again.
func (d *Dashboard) replay(r *http.Request, s *session) (result, error) {
	id := r.PathValue("id")
	again, err := d.Deliveries.Replay(r.Context(), s.Account.ID, id)
	if err != nil {
		return result{to: "/deliveries/" + id}, err
	}
	return result{"/deliveries/" + again.ID, flash{Text: "Sent again as this new delivery, with the same id and bytes."}}, nil
}
