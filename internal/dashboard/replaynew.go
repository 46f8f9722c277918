package dashboard

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"

	"github.com/taskhook/taskhook"
)

// replayForm is what is asked of a replay before it is started, with what it would
// do.
type replayForm struct {
	access
	Fixed     []field // the choice, in fields that are not shown
	Recovers  string  // the endpoint, where it is to get what it missed
	Since     string  // as its field holds it
	Missing   bool
	Target    string
	Rate      string
	Endpoints []taskhook.Endpoint // that may be the target
	What      string
	Problem   string
	Preview   taskhook.ReplayPreview
	Count     string
}

// field is one of a form.
type field struct{ Name, Value string }

// MayStart reports whether who looks may start it, and there is something to do.
func (f replayForm) MayStart() bool {
	return f.May(taskhook.ScopeDeliveriesWrite) && f.Problem == "" && (f.Preview.Expected > 0 || f.Preview.Open)
}

// filterFields are the fields of the list of deliveries.
func filterFields() []string {
	return []string{"state", "class", "type", "from", "to", "task", "endpoint", "event", "replay"}
}

// newReplay shows what a replay would do.
func (d *Dashboard) newReplay(r *http.Request, s *session) (view, error) {
	v, _, err := d.replayForm(r, s, r.URL.Query())
	return v, err
}

// startReplay starts one.
func (d *Dashboard) startReplay(r *http.Request, s *session) (result, view, error) {
	again, n, err := d.replayForm(r, s, r.PostForm)
	if err != nil {
		return result{}, view{}, err
	}
	form := again.data.(replayForm)
	if form.Problem != "" {
		return result{}, again, taskhook.Errorf(taskhook.CodeInvalid, "%s", form.Problem)
	}
	j, err := d.Replays.Start(r.Context(), s.who, n)
	if bad, ok := readable(err); ok {
		form.Problem = bad.Message
		again.data = form
	}
	return result{"/replays/" + j.ID, flash{Text: "The replay is started. It goes on when you leave this page."}}, again, err
}

// replayForm reads the fields and looks at what they would do. What a user can
// mend is on the page.
func (d *Dashboard) replayForm(r *http.Request, s *session, values url.Values) (view, taskhook.NewReplay, error) {
	form := replayForm{access: s.access, Since: values.Get("since"), Missing: values.Get("missing") != "", Target: values.Get("target"),
		Rate: cmp.Or(values.Get("rate"), strconv.Itoa(taskhook.DefaultReplayRate))}
	for _, id := range values["id"] {
		form.Fixed = append(form.Fixed, field{"id", id})
	}
	for _, name := range filterFields() {
		if value := values.Get(name); value != "" {
			form.Fixed = append(form.Fixed, field{name, value})
		}
	}
	n, err := form.read(values)
	if err == nil {
		form.What = choiceText(&n.Choice)
		form.Preview, err = d.Replays.Preview(r.Context(), s.who, n)
	}
	if bad, ok := readable(err); ok && bad.Code != taskhook.CodeNotFound {
		form.Problem = bad.Message
	} else if err != nil {
		return view{}, n, err
	}
	form.Count = strconv.Itoa(form.Preview.Expected)
	if form.Preview.Open {
		form.Count += " or more"
	}
	l, err := d.Endpoints.Endpoints(r.Context(), taskhook.EndpointFilter{AccountID: s.Account.ID, Page: taskhook.Page{Limit: 100}})
	form.Endpoints = l.Items
	return view{template: "replay-new.html", section: "deliveries", title: "Replay", still: true, data: form}, n, err
}

// read returns what the fields ask for.
func (f *replayForm) read(values url.Values) (n taskhook.NewReplay, err error) {
	n.TargetID, n.Choice.Deliveries, n.Choice.Missing = f.Target, values["id"], f.Missing
	if n.Rate, err = readRate(f.Rate); err != nil {
		return n, err
	}
	if n.Choice.Filter, err = deliveryFilter(values); err != nil {
		return n, err
	}
	if n.Choice.Deliveries == nil && n.Choice.Filter == (taskhook.DeliveryFilter{}) {
		return n, taskhook.Errorf(taskhook.CodeMissing, "Tick deliveries in the list first, or filter it.")
	}
	if values.Has("since") {
		f.Recovers = n.Choice.Filter.EndpointID
		if n.Choice.Since, err = minute(f.Since); err == nil && n.Choice.Since.IsZero() {
			err = taskhook.Errorf(taskhook.CodeMissing, "Say since when.")
		}
	}
	return n, err
}
