package dashboard

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

const (
	keyOne   = "thk_live_one_one_one_one_one_one_one_one"
	keyTwo   = "thk_live_two_two_two_two_two_two_two_two"
	keySome  = "thk_live_some_some_some_some_some_some"
	operator = "operator-operator-operator-operator"
)

// world stands in for all services. Two accounts, acc_one and acc_two, have a key
// each.
type world struct {
	mu         sync.Mutex
	revoked    map[string]bool
	tasks      []taskhook.Task
	deliveries []taskhook.Outgoing
	attempts   map[string][]taskhook.Attempt
	endpoints  []taskhook.Endpoint
	workflows  []taskhook.Workflow
	executions []taskhook.Execution
	replays    []taskhook.Replay
	workers    []taskhook.Worker
	leased     []taskhook.Task
	waiting    []taskhook.ClaimedRun
	asked      taskhook.NewReplay // last
	money      taskhook.Balance
	cost       taskhook.Money   // of 30 days
	fail       error            // what every look-up answers, if set
	did        string           // the last change
	overviews  int              // how often one was read
	scopes     []taskhook.Scope // of keySome
}

func (f *world) lock() func() { f.mu.Lock(); return f.mu.Unlock }

func (f *world) Authenticate(_ context.Context, text string, _ netip.Addr) (taskhook.Identity, error) {
	defer f.lock()()
	account, ok := map[string]string{keyOne: "acc_one", keyTwo: "acc_two", keySome: "acc_one"}[text]
	switch {
	case text == "":
		return taskhook.Identity{}, taskhook.Errorf(taskhook.CodeUnauthenticated, "No API key was given.")
	case !ok:
		return taskhook.Identity{}, taskhook.Errorf(taskhook.CodeBadKey, "The API key is not known here.")
	case f.revoked[text]:
		return taskhook.Identity{}, taskhook.Errorf(taskhook.CodeKeyRevoked, "The API key was revoked.")
	}
	who := taskhook.Identity{AccountID: account}
	if text == keySome {
		who.Permissions = f.scopes
	}
	return who, nil
}

func (f *world) Balance(context.Context, string) (taskhook.Balance, error) {
	defer f.lock()()
	return f.money, f.fail
}

// Usage counts what has ended, whenever that was.
func (f *world) Usage(_ context.Context, q taskhook.UsageFilter) (taskhook.Usage, error) {
	defer f.lock()()
	u := taskhook.Usage{From: q.From.Truncate(time.Hour), Total: taskhook.UsageCount{Cost: f.cost}}
	for _, k := range f.tasks {
		if k.AccountID == q.AccountID {
			u.Total.Succeeded += times(k.State == taskhook.TaskSucceeded)
			u.Total.Failed += times(k.State == taskhook.TaskFailed)
			u.Total.Cancelled += times(k.State == taskhook.TaskCancelled)
		}
	}
	return u, f.fail
}

func (f *world) Stored(context.Context) (map[taskhook.Kind]taskhook.Amount, error) {
	return map[taskhook.Kind]taskhook.Amount{taskhook.KindEvents: {Rows: 12_345, Bytes: 6_789_000}}, f.fail
}

func (f *world) Oldest(context.Context, time.Time) (map[taskhook.Kind]time.Time, error) {
	return map[taskhook.Kind]time.Time{taskhook.KindEvents: noon()}, f.fail
}

func (f *world) Workers(context.Context) ([]taskhook.Worker, error) {
	defer f.lock()()
	return f.workers, f.fail
}

func (f *world) Leased(_ context.Context, limit int) ([]taskhook.Task, error) {
	defer f.lock()()
	return f.leased[:min(limit, len(f.leased))], f.fail
}

func (f *world) Longest(context.Context) ([]taskhook.ClaimedRun, error) {
	defer f.lock()()
	return f.waiting, f.fail
}

func times(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

func (f *world) Accounts(context.Context) ([]taskhook.Account, error) {
	return []taskhook.Account{{ID: "acc_one", Name: "first"}, {ID: "acc_two", Name: "second"}}, nil
}

// part returns what fits, at most a page of it, newest first.
func part[T any](all []T, page taskhook.Page, id func(T) string, fits func(T) bool) taskhook.List[T] {
	found := slices.DeleteFunc(slices.Clone(all), func(x T) bool { return !fits(x) })
	l := taskhook.List[T]{Total: len(found)}
	found = slices.DeleteFunc(found, func(x T) bool { return page.Cursor != "" && id(x) >= page.Cursor })
	slices.SortFunc(found, func(a, b T) int { return strings.Compare(id(b), id(a)) })
	if len(found) > page.Limit {
		found = found[:page.Limit]
		l.More, l.Next = true, id(found[page.Limit-1])
	}
	l.Items = found
	return l
}

func only[T any](l taskhook.List[T], err error) (one T, _ error) {
	if err == nil && len(l.Items) == 0 {
		err = taskhook.Errorf(taskhook.CodeNotFound, "There is no such thing in this account.")
	}
	if err != nil {
		return one, err
	}
	return l.Items[0], nil
}

func (f *world) Task(_ context.Context, account, id string) (taskhook.Task, error) {
	defer f.lock()()
	return only(part(f.tasks, taskhook.Page{Limit: 1}, taskID, func(t taskhook.Task) bool { return t.AccountID == account && t.ID == id }), f.fail)
}

func taskID(t taskhook.Task) string { return t.ID }

func (f *world) Tasks(_ context.Context, q taskhook.TaskFilter) (taskhook.List[taskhook.Task], error) {
	defer f.lock()()
	return part(f.tasks, q.Page, taskID, func(t taskhook.Task) bool {
		return t.AccountID == q.AccountID && (q.State == "" || t.State == q.State) && (q.Model == "" || t.Model == q.Model) &&
			(q.Provider == "" || t.Provider == q.Provider) && strings.HasPrefix(t.ID, q.Prefix)
	}), f.fail
}

func (f *world) Deliveries(_ context.Context, q taskhook.DeliveryFilter) (taskhook.List[taskhook.Delivery], error) {
	defer f.lock()()
	var all []taskhook.Delivery
	for _, o := range f.deliveries {
		all = append(all, o.Delivery)
	}
	return part(all, q.Page, func(d taskhook.Delivery) string { return d.ID }, func(d taskhook.Delivery) bool {
		return d.AccountID == q.AccountID && (q.State == "" || d.State == q.State) && (q.Subject == "" || d.Subject == q.Subject) &&
			(q.EventID == "" || d.EventID == q.EventID) && (q.EndpointID == "" || d.EndpointID == q.EndpointID) &&
			(q.EventType == "" || d.EventType == q.EventType) && (q.LastClass == "" || d.LastClass == q.LastClass) && (!q.Failing || d.LastClass != "") &&
			!d.CreatedAt.Before(q.From) && (q.To.IsZero() || d.CreatedAt.Before(q.To))
	}), f.fail
}

func (f *world) Outgoing(_ context.Context, account, id string) (taskhook.Outgoing, error) {
	defer f.lock()()
	return only(part(f.deliveries, taskhook.Page{Limit: 1}, func(o taskhook.Outgoing) string { return o.ID },
		func(o taskhook.Outgoing) bool { return o.AccountID == account && o.ID == id }), f.fail)
}

func (f *world) Attempts(_ context.Context, _, id string) ([]taskhook.Attempt, error) {
	defer f.lock()()
	return f.attempts[id], f.fail
}

func (f *world) Replay(ctx context.Context, account, id string) (taskhook.Delivery, error) {
	old, err := f.Outgoing(ctx, account, id)
	if err != nil {
		return old.Delivery, err
	}
	if !old.State.Final() {
		return old.Delivery, taskhook.Errorf(taskhook.CodeConflict, "The delivery is still pending.")
	}
	defer f.lock()()
	old.ID, old.ReplayOf, old.State, old.Attempts = old.ID+"2", old.ID, taskhook.DeliveryPending, 0
	f.deliveries = append(f.deliveries, old)
	return old.Delivery, nil
}

func (f *world) CreateEndpoint(_ context.Context, account string, n taskhook.NewEndpoint) (taskhook.Endpoint, error) {
	defer f.lock()()
	if !strings.HasPrefix(n.URL, "https://") {
		return taskhook.Endpoint{}, taskhook.FieldErrorf(taskhook.CodeInvalid, "url", "url can't be used: it is not https.")
	}
	e := taskhook.Endpoint{ID: "wh_new", AccountID: account, URL: n.URL, Description: n.Description, Events: n.Events, Schedule: n.Schedule,
		State: taskhook.EndpointActive, Secrets: []taskhook.Secret{{Text: "whsec_fresh"}}}
	f.endpoints = append(f.endpoints, e)
	return e, nil
}

func (f *world) Endpoint(_ context.Context, account, id string) (taskhook.Endpoint, error) {
	defer f.lock()()
	return only(part(f.endpoints, taskhook.Page{Limit: 1}, endpointID,
		func(e taskhook.Endpoint) bool { return e.AccountID == account && e.ID == id }), f.fail)
}

func endpointID(e taskhook.Endpoint) string { return e.ID }

func (f *world) Endpoints(_ context.Context, q taskhook.EndpointFilter) (taskhook.List[taskhook.Endpoint], error) {
	defer f.lock()()
	return part(f.endpoints, q.Page, endpointID, func(e taskhook.Endpoint) bool {
		return e.AccountID == q.AccountID && (q.State == "" || e.State == q.State)
	}), f.fail
}

func (f *world) UpdateEndpoint(ctx context.Context, account, id string, c taskhook.EndpointChange) (taskhook.Endpoint, error) {
	e, err := f.Endpoint(ctx, account, id)
	if err != nil {
		return e, err
	}
	defer f.lock()()
	switch {
	case c.State != nil:
		f.did = "state of " + id + " is " + string(*c.State)
	case c.URL != nil && *c.URL == "":
		return e, taskhook.FieldErrorf(taskhook.CodeInvalid, "url", "url can't be used: it is empty.")
	default:
		f.did = id + " is " + *c.URL + " with " + strings.Join(*c.Events, " ") + " after " + c.Schedule.String()
	}
	return e, nil
}

func (f *world) DeleteEndpoint(ctx context.Context, account, id string) error {
	_, err := f.Endpoint(ctx, account, id)
	defer f.lock()()
	f.did = "deleted " + id
	return err
}

func (f *world) RotateSecret(ctx context.Context, account, id string, overlap time.Duration) (taskhook.Endpoint, error) {
	e, err := f.Endpoint(ctx, account, id)
	defer f.lock()()
	f.did = "rotated " + id + " over " + overlap.String()
	e.Secrets = []taskhook.Secret{{Text: "whsec_rotated"}}
	return e, err
}

func (f *world) TestEndpoint(ctx context.Context, account, id string) (taskhook.TestResult, error) {
	if _, err := f.Endpoint(ctx, account, id); err != nil {
		return taskhook.TestResult{}, err
	}
	return taskhook.TestResult{DeliveryID: "dlv_one", Status: 500, Error: "the receiver answered 500"}, nil
}

func (f *world) EndpointHealth(ctx context.Context, account, id string) (taskhook.EndpointHealth, error) {
	e, err := f.Endpoint(ctx, account, id)
	h := taskhook.EndpointHealth{Endpoint: e, LastSuccess: noon(), Failures: 2, Pending: 3, OldestDue: noon(),
		LastFailure: &taskhook.Failure{At: noon(), Class: taskhook.ClassTimeout, Error: "no answer from " + e.URL}}
	h.Traffic[23].Add(taskhook.ClassOK, 3, 3)
	h.Traffic[22].Add(taskhook.ClassTimeout, 1, 1)
	return h, err
}

func (f *world) Overview(_ context.Context, account string) (taskhook.Overview, error) {
	defer f.lock()()
	f.overviews++
	o := taskhook.Overview{}
	for _, d := range f.deliveries {
		switch {
		case d.AccountID != account:
		case d.State == taskhook.DeliveryPending:
			o.Pending++
		case d.State == taskhook.DeliveryDelivered:
			o.Traffic[23].Add(taskhook.ClassOK, 1, 1)
		}
	}
	return o, f.fail
}

func (f *world) Cancel(ctx context.Context, account, id string) (taskhook.Task, error) {
	k, err := f.Task(ctx, account, id)
	if err == nil && k.State.Final() {
		err = taskhook.Errorf(taskhook.CodeConflict, "The task is already %s and can't be cancelled.", k.State)
	}
	if err != nil {
		return k, err
	}
	defer f.lock()()
	f.did = "cancelled " + id
	return k, nil
}

func (f *world) Retry(ctx context.Context, who taskhook.Identity, id, _ string) (taskhook.Task, error) {
	k, err := f.Task(ctx, who.AccountID, id)
	if err == nil {
		err = who.Need(taskhook.CreateScope(k.Medium))
	}
	if err != nil {
		return k, err
	}
	defer f.lock()()
	f.did = fmt.Sprintf("retried %s, test %t", id, who.Test)
	k.ID = "task_again"
	return k, nil
}

func (f *world) Expiring(a taskhook.Artifact, now time.Time) string {
	return "http://files.example/results/" + a.Name + "?expires=" + clock(now)
}

// browser keeps cookies and talks to a dashboard, as the site's own pages do.
type browser struct {
	*testing.T
	d       *Dashboard
	cookies map[string]*http.Cookie
}

func newDashboard(t *testing.T, w *world, change func(*Config)) *Dashboard {
	t.Helper()
	c := Config{Keys: w, Directory: w, Tasks: w, Deliveries: w, Replays: replays{w}, Endpoints: w, EndpointTools: w, Money: w, Storage: w, Workers: w, Disk: func() (taskhook.Disk, error) { return taskhook.Disk{Free: 25e9, Size: 100e9}, nil }, Links: w, Workflows: flows{w}, Executions: flows{w}, Outline: outline, OperatorToken: operator,
		SessionKey: []byte(strings.Repeat("k", 32)), BaseURL: "http://taskhook.example", Stopping: func() bool { return false },
		Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if change != nil {
		change(&c)
	}
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// signedIn returns a browser of whoever has the credential.
func signedIn(t *testing.T, w *world, credential string) *browser {
	t.Helper()
	b := &browser{t, newDashboard(t, w, nil), map[string]*http.Cookie{}}
	b.post("/signin", "credential", credential)
	if b.cookies[sessionCookie] == nil {
		t.Fatalf("%s can't sign in", credential)
	}
	return b
}

func (b *browser) get(path string) *httptest.ResponseRecorder {
	return b.do(httptest.NewRequest(http.MethodGet, "http://taskhook.example"+path, nil))
}

// post sends a form of pairs of names and values.
func (b *browser) post(path string, pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, "http://taskhook.example"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

func (b *browser) do(r *http.Request) *httptest.ResponseRecorder {
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.d.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c
		}
	}
	return w
}

// sees checks the status of an answer and that texts stand in it.
func (b *browser) sees(w *httptest.ResponseRecorder, status int, texts ...string) {
	b.Helper()
	if w.Code != status {
		b.Errorf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	for _, text := range texts {
		if !strings.Contains(w.Body.String(), text) {
			b.Errorf("the page does not say %q:\n%s", text, w.Body)
		}
	}
}

// leadsTo checks that an answer goes on to a page.
func (b *browser) leadsTo(w *httptest.ResponseRecorder, path string) {
	b.Helper()
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != path {
		b.Errorf("status %d to %q, want to be led to %s: %s", w.Code, w.Header().Get("Location"), path, w.Body)
	}
}
