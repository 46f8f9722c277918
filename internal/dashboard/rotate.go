package dashboard

import (
	"net/http"
	"strconv"
	"time"

	"github.com/taskhook/taskhook"
)

// rotate gives an endpoint a new secret, which is shown once.
func (d *Dashboard) rotate(r *http.Request, s *session) (result, error) {
	id := r.PathValue("id")
	hours, err := strconv.ParseUint(r.PostForm.Get("overlap_hours"), 10, 16)
	if err != nil {
		return result{to: "/endpoints/" + id}, taskhook.Errorf(taskhook.CodeInvalid, "Choose for how long the old secret stays valid.")
	}
	e, err := d.EndpointTools.RotateSecret(r.Context(), s.Account.ID, id, time.Duration(hours)*time.Hour)
	if err != nil {
		return result{to: "/endpoints/" + id}, err
	}
	return result{"/endpoints/" + id, flash{Text: rotated(hours), Secret: e.Secrets[0].Text}}, nil
}

func rotated(hours uint64) string {
	if hours == 0 {
		return "The endpoint has a new secret, and the old one is no longer valid. Give the receiver the new one now."
	}
	return "The endpoint has a new secret. Give it to the receiver before the old one ends in " + took(time.Duration(hours)*time.Hour) + "."
}
