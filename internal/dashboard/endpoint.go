package dashboard

import (
	"net/http"
	"time"

	"github.com/taskhook/taskhook"
)

// endpointRows is how many deliveries the page of an endpoint shows.
const endpointRows = 10

// endpointView is one endpoint with its newest deliveries.
type endpointView struct {
	taskhook.Endpoint
	Deliveries []taskhook.Delivery
	Total      string    // of its deliveries
	OverlapEnd time.Time // when the older secrets end; zero: there is one
}

// Active reports whether the endpoint is sent to.
func (v endpointView) Active() bool { return v.State == taskhook.EndpointActive }

// OwnSchedule reports whether the endpoint's schedule counts, not the operator's.
func (v endpointView) OwnSchedule() bool { return v.Schedule != nil }

// endpoint shows one endpoint.
func (d *Dashboard) endpoint(r *http.Request, s *session) (view, error) {
	e, err := d.Endpoints.Endpoint(r.Context(), s.Account.ID, r.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	l, err := d.Deliveries.Deliveries(r.Context(), taskhook.DeliveryFilter{AccountID: s.Account.ID, EndpointID: e.ID,
		Page: taskhook.Page{Limit: endpointRows}})
	if err != nil {
		return view{}, err
	}
	return view{template: "endpoint.html", section: "endpoints", title: "Endpoint " + shortID(e.ID),
		data: endpointView{e, l.Items, total(l.Total), overlapEnd(e.Secrets, time.Now())}}, nil
}

// overlapEnd returns when the last secret ends that is valid beside the newest.
func overlapEnd(secrets []taskhook.Secret, now time.Time) (end time.Time) {
	for _, s := range secrets[min(1, len(secrets)):] {
		if s.ExpiresAt.After(now) && s.ExpiresAt.After(end) {
			end = s.ExpiresAt
		}
	}
	return end
}
