package dashboard

import "net/http"

// cancelTask ends a task that is not finished.
func (d *Dashboard) cancelTask(r *http.Request, s *session) (result, error) {
	id := r.PathValue("id")
	_, err := d.Tasks.Cancel(r.Context(), s.Account.ID, id)
	return result{"/tasks/" + id, flash{Text: "The task is cancelled. What ran for it is stopped where that is possible."}}, err
}
