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
		data: deliveryListView{f, query.Get("from"), query.Get("to"), taskhook.DeliveryStates(), taskhook.Failures(), l.Items, newPager(r, l)}}, nil
}

// anyFailure asks for deliveries whose last attempt failed, whatever it met.
const anyFailure taskhook.Class = "any"

// deliveryFilter reads the filters of the list.
func deliveryFilter(query url.Values) (f taskhook.DeliveryFilter, err error) {
	field := func(name string) string { return strings.TrimSpace(query.Get(name)) }
	f = taskhook.DeliveryFilter{State: taskhook.DeliveryState(field("state")), LastClass: taskhook.Class(field("class")),
		EndpointID: field("endpoint"), EventID: field("event"), EventType: field("type"), Subject: field("task")}
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

// minute reads what a field for a time holds, in UTC; zero when it is empty.
func minute(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		return t, taskhook.Errorf(taskhook.CodeInvalid, "%.80q is not a time. Write it like 2026-03-01T09:30.", text)
	}
	return t, nil
}
