package dashboard

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/taskhook/taskhook"
)

// replayListView is a list of replays.
type replayListView struct {
	State  taskhook.ReplayState
	States []taskhook.ReplayState
	Rows   []replayRow
	Pager  pager
}

// replayRow is a replay as pages show it.
type replayRow struct{ taskhook.Replay }

// Done is how much of it is done, in percent; -1 when that is not known.
func (j replayRow) Done() int {
	if percent, ok := j.Percent(); ok {
		return percent
	}
	return -1
}

// What says in a line what it sends again.
func (j replayRow) What() string { return choiceText(&j.Choice) }

// replayList lists replays.
func (d *Dashboard) replayList(r *http.Request, s *session) (view, error) {
	f := taskhook.ReplayFilter{AccountID: s.Account.ID, State: taskhook.ReplayState(r.URL.Query().Get("state")), Page: taskhook.Page{Limit: pageRows, Cursor: cursor(r)}}
	if f.State != "" && !slices.Contains(taskhook.ReplayStates(), f.State) {
		return view{}, taskhook.Errorf(taskhook.CodeInvalid, "Replays have no state %.80q.", f.State)
	}
	l, err := d.Replays.Replays(r.Context(), f)
	if err != nil {
		return view{}, err
	}
	rows := make([]replayRow, len(l.Items))
	for i, j := range l.Items {
		rows[i] = replayRow{j}
	}
	return view{template: "replays.html", section: "deliveries", title: "Replays",
		data: replayListView{f.State, taskhook.ReplayStates(), rows, newPager(r, l)}}, nil
}

// replayView is one replay.
type replayView struct {
	access
	replayRow
}

// Total is how many deliveries it makes or passes by, as far as that is known.
func (v replayView) Total() string {
	if v.Open {
		return fmt.Sprintf("%d or more", v.Found)
	}
	return fmt.Sprint(v.Found)
}

// MaySteer reports whether who looks at it may pause or cancel it.
func (v replayView) MaySteer() bool {
	return !v.State.Final() && v.May(taskhook.ScopeDeliveriesWrite)
}

// replayPage shows one replay.
func (d *Dashboard) replayPage(r *http.Request, s *session) (view, error) {
	j, err := d.Replays.Replay(r.Context(), s.Account.ID, r.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	return view{template: "replay.html", section: "deliveries", title: "Replay " + shortID(j.ID), data: replayView{s.access, replayRow{j}}}, nil
}

// choiceText says in a line what a choice chooses.
func choiceText(c *taskhook.ReplayChoice) string {
	f := &c.Filter
	switch {
	case c.Deliveries != nil:
		return fmt.Sprintf("%d chosen deliveries", len(c.Deliveries))
	case !c.Since.IsZero():
		text := "what " + shortID(f.EndpointID) + " has not got since " + clock(c.Since) + " UTC"
		if c.Missing {
			text += ", and what it was never owed"
		}
		return text
	}
	var parts []string
	add := func(format, value string) {
		if value != "" {
			parts = append(parts, fmt.Sprintf(format, value))
		}
	}
	add("%s", string(f.State))
	if f.Failing {
		add("%s", "failed at last")
	}
	add("failed by %s", string(f.LastClass))
	add("of type %s", f.EventType)
	add("to %s", shortID(f.EndpointID))
	add("of event %s", shortID(f.EventID))
	add("of task %s", shortID(f.Subject))
	add("made by %s", shortID(f.ReplayID))
	if !f.From.IsZero() {
		add("from %s UTC", clock(f.From))
	}
	if !f.To.IsZero() {
		add("before %s UTC", clock(f.To))
	}
	return "deliveries: " + strings.Join(parts, ", ")
}
