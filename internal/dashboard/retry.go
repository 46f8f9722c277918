package dashboard

import (
	"net/http"
	"strings"
)

// retryTask makes a new task like one that failed or expired. An operator's is a
// test if the old one was.
func (d *Dashboard) retryTask(r *http.Request, s *session) (result, error) {
	id := r.PathValue("id")
	here := result{to: "/tasks/" + id}
	who := s.who
	if s.Operator {
		old, err := d.Tasks.Task(r.Context(), s.Account.ID, id)
		if err != nil {
			return here, err
		}
		who.Test = old.Test
	}
	again, err := d.Tasks.Retry(r.Context(), who, id, strings.TrimSpace(r.PostFormValue("handle")))
	if err != nil {
		return here, err
	}
	return result{"/tasks/" + again.ID, flash{Text: "This new task repeats the old one, which stays as it was."}}, nil
}
