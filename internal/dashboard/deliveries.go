package dashboard

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// deliveryListView is a list of deliveries with its filters.
type deliveryListView struct {
	access
	Filter   taskhook.DeliveryFilter
	From, To string // of the filter, as its fields hold them
	States   []taskhook.DeliveryState
	Classes  []taskhook.Class
	Rows     []taskhook.Delivery
	Pager    pager
}

// Filtered reports whether the list shows a choice only.
func (v deliveryListView) Filtered() bool {
	chosen := v.Filter
	chosen.AccountID, chosen.Page = "", taskhook.Page{}
	return chosen != taskhook.DeliveryFilter{}
}

// ReplayAll is the page from which all that match are sent again; empty when the
// list shows no choice, or what is pending.
func (v deliveryListView) ReplayAll() string {
	if !v.Filtered() || v.Filter.State == taskhook.DeliveryPending {
		return ""
	}
	class := string(v.Filter.LastClass)
	if v.Filter.Failing {
		class = string(anyFailure)
	}
	f, query := v.Filter, url.Values{}
	for name, value := range map[string]string{"state": string(f.State), "class": class, "type": f.EventType, "from": v.From, "to": v.To,
		"task": f.Subject, "endpoint": f.EndpointID, "event": f.EventID, "replay": f.ReplayID} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return "/replays/new?" + query.Encode()
}

// deliveryList lists deliveries.
func (d *Dashboard) deliveryList(r *http.Request, s *session) (view, error) {
	query := r.URL.Query()
	f, err := deliveryFilter(query)
	if err != nil {
		return view{}, err
	}
	f.AccountID, f.Page = s.Account.ID, taskhook.Page{Limit: pageRows, Cursor: cursor(r)}
	l, err := d.Deliveries.Deliveries(r.Context(), f)
	if err != nil {
		return view{}, err
	}
	return view{template: "deliveries.html", section: "deliveries", title: "Deliveries",
		data: deliveryListView{s.access, f, query.Get("from"), query.Get("to"), taskhook.DeliveryStates(), taskhook.Failures(), l.Items, newPager(r, l)}}, nil
}

// anyFailure asks for deliveries whose last attempt failed, whatever it met.
const anyFailure taskhook.Class = "any"

// deliveryFilter reads the filters of the list.
func deliveryFilter(query url.Values) (f taskhook.DeliveryFilter, err error) {
	field := func(name string) string { return strings.TrimSpace(query.Get(name)) }
	f = taskhook.DeliveryFilter{State: taskhook.DeliveryState(field("state")), LastClass: taskhook.Class(field("class")),
		EndpointID: field("endpoint"), EventID: field("event"), EventType: field("type"), Subject: field("task"), ReplayID: field("replay")}
	if f.State != "" && !slices.Contains(taskhook.DeliveryStates(), f.State) {
		return f, taskhook.Errorf(taskhook.CodeInvalid, "Deliveries have no state %.80q.", f.State)
	}
	if f.LastClass == anyFailure {
		f.Failing, f.LastClass = true, ""
	}
	if f.LastClass != "" && !slices.Contains(taskhook.Failures(), f.LastClass) {
		return f, taskhook.Errorf(taskhook.CodeInvalid, "Attempts do not fail in a way called %.80q.", f.LastClass)
	}
	if f.From, err = minute(field("from")); err != nil {
		return f, err
	}
	f.To, err = minute(field("to"))
	return f, err
}

// minuteForm is how a field holds a time.
const minuteForm = "2006-01-02T15:04"

// minute reads what a field for a time holds, in UTC; zero when it is empty.
func minute(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(minuteForm, text)
	if err != nil {
		return t, taskhook.Errorf(taskhook.CodeInvalid, "%.80q is not a time. Write it like 2026-03-01T09:30.", text)
	}
	return t, nil
}
