package dashboard

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/taskhook/taskhook"
)

// pauseReplay stops a replay until it is resumed.
func (d *Dashboard) pauseReplay(r *http.Request, s *session) (result, error) {
	return d.moveReplay(r, s, taskhook.ReplayPaused, "Paused. Nothing more is made until you resume.")
}

// resumeReplay lets a replay go on.
func (d *Dashboard) resumeReplay(r *http.Request, s *session) (result, error) {
	return d.moveReplay(r, s, taskhook.ReplayRunning, "It goes on.")
}

// cancelReplay ends a replay.
func (d *Dashboard) cancelReplay(r *http.Request, s *session) (result, error) {
	return d.moveReplay(r, s, taskhook.ReplayCancelled, "The replay is cancelled. What it has made is still sent.")
}

func (d *Dashboard) moveReplay(r *http.Request, s *session, to taskhook.ReplayState, text string) (result, error) {
	id := r.PathValue("id")
	_, err := d.Replays.Change(r.Context(), s.Account.ID, id, taskhook.ReplayChange{State: &to})
	return result{"/replays/" + id, flash{Text: text}}, err
}

// paceReplay changes the rate of a replay.
func (d *Dashboard) paceReplay(r *http.Request, s *session) (result, error) {
	id := r.PathValue("id")
	rate, err := readRate(r.PostForm.Get("rate"))
	if err == nil {
		_, err = d.Replays.Change(r.Context(), s.Account.ID, id, taskhook.ReplayChange{Rate: &rate})
	}
	return result{"/replays/" + id, flash{Text: "It now makes " + strconv.Itoa(rate) + " a second."}}, err
}

func readRate(text string) (int, error) {
	rate, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return 0, taskhook.Errorf(taskhook.CodeInvalid, "%.20q is not a number of deliveries a second.", text)
	}
	return rate, nil
}
