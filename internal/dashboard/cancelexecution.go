package dashboard

import "net/http"

// cancelExecution ends an execution that is not finished, with its tasks.
func (d *Dashboard) cancelExecution(r *http.Request, s *session) (result, error) {
	id := r.PathValue("id")
	_, err := d.Executions.Cancel(r.Context(), s.Account.ID, id)
	return result{"/executions/" + id, flash{Text: "The execution is cancelled, and the tasks of its steps with it. Nobody is told."}}, err
}
