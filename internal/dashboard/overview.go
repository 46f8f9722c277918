package dashboard

import (
	"context"
	"net/http"
	"time"

	"github.com/taskhook/taskhook"
)

// overviewRows is how many rows each list of the overview shows.
const overviewRows = 6

// overviewView is the state of an account at a glance.
type overviewView struct {
	access
	Tasks      []count
	Deliveries []count
	Traffic    trafficView
	Endpoints  int
	Troubled   []taskhook.Delivery // those whose last attempt failed, newest first
	Stopped    []taskhook.Endpoint // paused or disabled
	Recent     []taskhook.Task
	Money      moneyView
	Storage    *storageView // nil: not for who looks
}

// New reports whether nothing has happened in the account yet.
func (v overviewView) New() bool { return v.Endpoints == 0 && len(v.Recent) == 0 }

// Blind reports whether who looks at it may see none of it.
func (v overviewView) Blind() bool {
	return !v.May(taskhook.ScopeTasksRead) && !v.May(taskhook.ScopeDeliveriesRead) && !v.May(taskhook.ScopeWebhooksRead)
}

// count is how many there are in a state, and where they are listed.
type count struct {
	State string
	Total string
	Span  string // of time; empty: now
	None  bool
	Path  string
}

func newCount(state string, n int, span, path string) count {
	return count{state, total(n), span, n == 0, path}
}

// overview is the first page. What it shows is read once for all who look at the
// account in the same moment.
func (d *Dashboard) overview(r *http.Request, s *session) (view, error) {
	o, err := d.overviews.get(s.Account.ID, func() (overviewView, error) { return d.readOverview(r.Context(), s.Account.ID) })
	if err != nil {
		return view{}, err
	}
	o.access = s.access
	if o.Storage, err = d.storage(r.Context(), s); err != nil {
		return view{}, err
	}
	return view{template: "overview.html", section: "overview", title: "Overview", data: o}, nil
}

func (d *Dashboard) readOverview(ctx context.Context, account string) (v overviewView, err error) {
	o, err := d.Deliveries.Overview(ctx, account)
	if err != nil {
		return v, err
	}
	// Usage has whole hours, the present one with them: no more than the last day.
	ended, err := d.Money.Usage(ctx, taskhook.UsageFilter{AccountID: account, From: time.Now().Add(-23 * time.Hour)})
	if err != nil {
		return v, err
	}
	v.addTasks(o.Unfinished, &ended)
	v.addDeliveries(&o)
	recent, err := d.Tasks.Tasks(ctx, taskhook.TaskFilter{AccountID: account, Page: taskhook.Page{Limit: overviewRows}})
	if err != nil {
		return v, err
	}
	troubled, err := d.Deliveries.Deliveries(ctx, taskhook.DeliveryFilter{AccountID: account, Failing: true, Page: taskhook.Page{Limit: overviewRows}})
	if err != nil {
		return v, err
	}
	v.Recent, v.Troubled = recent.Items, troubled.Items
	if err := v.addMoney(ctx, d.Money, account); err != nil {
		return v, err
	}
	return v, v.addEndpoints(ctx, d.Endpoints, account)
}

func (v *overviewView) addTasks(unfinished int, ended *taskhook.Usage) {
	since := "since " + ended.From.UTC().Format("15:04") + " UTC"
	v.Tasks = []count{newCount("unfinished", unfinished, "now", "/tasks")}
	for _, c := range []struct {
		state taskhook.TaskState
		tasks int64
	}{
		{taskhook.TaskSucceeded, ended.Total.Succeeded},
		{taskhook.TaskFailed, ended.Total.Failed},
		{taskhook.TaskCancelled, ended.Total.Cancelled},
	} {
		v.Tasks = append(v.Tasks, newCount(string(c.state), int(c.tasks), since, "/tasks?state="+string(c.state)))
	}
}

func (v *overviewView) addDeliveries(o *taskhook.Overview) {
	const day = "in 24 hours"
	v.Traffic = newTrafficView(&o.Traffic)
	v.Deliveries = []count{
		newCount("pending", o.Pending, "now", "/deliveries?state=pending"),
		newCount("delivered", v.Traffic.Day.Delivered, day, "/deliveries?state=delivered"),
		newCount("failed", v.Traffic.Day.GivenUp, day, "/deliveries?state=failed"),
	}
}

func (v *overviewView) addEndpoints(ctx context.Context, endpoints Endpoints, account string) error {
	all, err := endpoints.Endpoints(ctx, taskhook.EndpointFilter{AccountID: account, Page: taskhook.Page{Limit: 1}})
	if err != nil {
		return err
	}
	v.Endpoints = all.Total
	for _, state := range []taskhook.EndpointState{taskhook.EndpointDisabled, taskhook.EndpointPaused} {
		l, err := endpoints.Endpoints(ctx, taskhook.EndpointFilter{AccountID: account, State: state, Page: taskhook.Page{Limit: overviewRows}})
		if err != nil {
			return err
		}
		v.Stopped = append(v.Stopped, l.Items...)
	}
	return nil
}
