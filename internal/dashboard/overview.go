package dashboard

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/taskhook/taskhook"
)

// overviewRows is how many rows each list of the overview shows.
const overviewRows = 6

// overviewView is the state of an account at a glance.
type overviewView struct {
	Tasks      []count
	Deliveries []count
	Endpoints  int
	Troubled   []taskhook.Delivery // failed, or tried in vain so far; newest first
	Stopped    []taskhook.Endpoint // paused or disabled
	Recent     []taskhook.Task
	Money      moneyView
}

// New reports whether nothing has happened in the account yet.
func (v overviewView) New() bool { return v.Endpoints == 0 && len(v.Recent) == 0 }

// count is how many there are in a state, and where they are listed.
type count struct {
	State string
	Total string
	None  bool
	Path  string
}

// overview is the first page.
func (d *Dashboard) overview(r *http.Request, s *session) (view, error) {
	ctx, account := r.Context(), s.Account.ID
	var o overviewView
	if err := o.addTasks(ctx, d.Tasks, account); err != nil {
		return view{}, err
	}
	if err := o.addDeliveries(ctx, d.Deliveries, account); err != nil {
		return view{}, err
	}
	if err := o.addEndpoints(ctx, d.Endpoints, account); err != nil {
		return view{}, err
	}
	if err := o.addMoney(ctx, d.Money, account); err != nil {
		return view{}, err
	}
	return view{template: "overview.html", section: "overview", title: "Overview", data: o}, nil
}

func (v *overviewView) addTasks(ctx context.Context, tasks Tasks, account string) error {
	for _, state := range taskhook.TaskStates() {
		l, err := tasks.Tasks(ctx, taskhook.TaskFilter{AccountID: account, State: state, Page: taskhook.Page{Limit: 1}})
		if err != nil {
			return err
		}
		v.Tasks = append(v.Tasks, count{string(state), total(l.Total), l.Total == 0, "/tasks?state=" + string(state)})
	}
	l, err := tasks.Tasks(ctx, taskhook.TaskFilter{AccountID: account, Page: taskhook.Page{Limit: overviewRows}})
	v.Recent = l.Items
	return err
}

func (v *overviewView) addDeliveries(ctx context.Context, deliveries Deliveries, account string) error {
	for _, state := range taskhook.DeliveryStates() {
		l, err := deliveries.Deliveries(ctx, taskhook.DeliveryFilter{AccountID: account, State: state, Page: taskhook.Page{Limit: overviewRows}})
		if err != nil {
			return err
		}
		v.Deliveries = append(v.Deliveries, count{string(state), total(l.Total), l.Total == 0, "/deliveries?state=" + string(state)})
		for _, d := range l.Items {
			if state == taskhook.DeliveryFailed || state == taskhook.DeliveryPending && d.Attempts > 0 {
				v.Troubled = append(v.Troubled, d)
			}
		}
	}
	slices.SortFunc(v.Troubled, func(a, b taskhook.Delivery) int { return strings.Compare(b.ID, a.ID) })
	v.Troubled = v.Troubled[:min(len(v.Troubled), overviewRows)]
	return nil
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
