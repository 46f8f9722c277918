package dashboard

import (
	"net/http"
	"net/url"
	"time"

	"github.com/taskhook/taskhook"
)

// endpointRows is how many deliveries the page of an endpoint shows.
const endpointRows = 10

// endpointView is one endpoint with its newest deliveries.
type endpointView struct {
	access
	taskhook.Endpoint
	Health     taskhook.EndpointHealth
	Traffic    trafficView
	Deliveries []taskhook.Delivery
	Total      string    // of its deliveries
	OverlapEnd time.Time // when the older secrets end; zero: there is one
}

// Active reports whether the endpoint is sent to.
func (v endpointView) Active() bool { return v.State == taskhook.EndpointActive }

// Failing reports whether the last attempt failed.
func (v endpointView) Failing() bool { return v.Health.Failures > 0 && v.Health.LastFailure != nil }

// Owed is how many deliveries it is owed.
func (v endpointView) Owed() string { return total(v.Health.Pending) }

// OwnSchedule reports whether the endpoint's schedule counts, not the operator's.
func (v endpointView) OwnSchedule() bool { return v.Schedule != nil }

// Recover is the page from which it is sent what it has missed, since its last
// success if it fails now; empty for who may not.
func (v endpointView) Recover() string {
	if !v.May(taskhook.ScopeDeliveriesWrite) {
		return ""
	}
	since := time.Now().Add(-time.Hour)
	if v.Failing() && !v.Health.LastSuccess.IsZero() {
		since = v.Health.LastSuccess
	}
	return "/replays/new?" + url.Values{"endpoint": {v.ID}, "since": {since.UTC().Format(minuteForm)}}.Encode()
}

// endpoint shows one endpoint.
func (d *Dashboard) endpoint(r *http.Request, s *session) (view, error) {
	h, err := d.EndpointTools.EndpointHealth(r.Context(), s.Account.ID, r.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	e := h.Endpoint
	v := endpointView{access: s.access, Endpoint: e, Health: h, Traffic: newTrafficView(&h.Traffic), OverlapEnd: overlapEnd(e.Secrets, time.Now())}
	if s.May(taskhook.ScopeDeliveriesRead) {
		l, err := d.Deliveries.Deliveries(r.Context(), taskhook.DeliveryFilter{AccountID: s.Account.ID, EndpointID: e.ID,
			Page: taskhook.Page{Limit: endpointRows}})
		if err != nil {
			return view{}, err
		}
		v.Deliveries, v.Total = l.Items, total(l.Total)
	}
	return view{template: "endpoint.html", section: "endpoints", title: "Endpoint " + shortID(e.ID), data: v}, nil
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
