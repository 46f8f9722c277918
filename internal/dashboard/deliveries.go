package dashboard

import (
	"net/http"
	"slices"
	"strings"

	"github.com/taskhook/taskhook"
)

// deliveryListView is a list of deliveries with its filters.
type deliveryListView struct {
	Filter taskhook.DeliveryFilter
	States []taskhook.DeliveryState
	Rows   []taskhook.Delivery
	Pager  pager
}

// Filtered reports whether the list shows a choice only.
func (v deliveryListView) Filtered() bool {
	return v.Filter.State != "" || v.Filter.EndpointID != "" || v.Filter.EventID != "" || v.Filter.Subject != ""
}

// deliveryList lists deliveries.
func (d *Dashboard) deliveryList(r *http.Request, s *session) (view, error) {
	query := r.URL.Query()
	field := func(name string) string { return strings.TrimSpace(query.Get(name)) }
	f := taskhook.DeliveryFilter{AccountID: s.Account.ID, State: taskhook.DeliveryState(field("state")), EndpointID: field("endpoint"),
		EventID: field("event"), Subject: field("task"), Page: taskhook.Page{Limit: pageRows, Cursor: cursor(r)}}
	if f.State != "" && !slices.Contains(taskhook.DeliveryStates(), f.State) {
		return view{}, taskhook.Errorf(taskhook.CodeInvalid, "Deliveries have no state %.80q.", f.State)
	}
	l, err := d.Deliveries.Deliveries(r.Context(), f)
	if err != nil {
		return view{}, err
	}
	return view{template: "deliveries.html", section: "deliveries", title: "Deliveries",
		data: deliveryListView{f, taskhook.DeliveryStates(), l.Items, newPager(r, l)}}, nil
}
