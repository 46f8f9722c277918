package retention

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
)

// registry has tasks by account, and one order.
type registry struct {
	orders   []taskhook.Erasure
	tasks    map[string]taskhook.Labelled
	events   map[string]taskhook.Labelled
	kin      map[string][]string
	late     map[string]taskhook.Labelled // tasks that are added after the account was closed
	closed   bool
	scrubbed int
	fail     int
	erased   [][]string
}

func (r *registry) UnfinishedErasures(context.Context) (open []taskhook.Erasure, err error) {
	for _, o := range r.orders {
		if o.FinishedAt.IsZero() {
			open = append(open, o)
		}
	}
	return open, nil
}

func (r *registry) FinishErasure(_ context.Context, now time.Time, erasure, subject string) error {
	e := r.order(erasure)
	e.FinishedAt, e.Subject.Name = now, subject
	return nil
}

// order returns the one with the id; nil: it is dry.
func (r *registry) order(id string) *taskhook.Erasure {
	for i := range r.orders {
		if r.orders[i].ID == id {
			return &r.orders[i]
		}
	}
	return nil
}

// count adds to the receipt.
func (r *registry) count(erasure, what string) (removed taskhook.Removal) {
	removed.Count(what, 1)
	if e := r.order(erasure); e != nil {
		total := taskhook.Removal{Counts: e.Counts}
		total.Add(removed)
		e.Counts = total.Counts
	}
	return removed
}

func (r *registry) Scrub(context.Context) error {
	r.scrubbed++
	return nil
}

func (r *registry) of(part taskhook.Part) map[string]taskhook.Labelled {
	switch part {
	case taskhook.PartTasks:
		return r.tasks
	case taskhook.PartEvents:
		return r.events
	}
	return nil
}

func (r *registry) Subjects(_ context.Context, part taskhook.Part, account, after string, limit int) (list []taskhook.Labelled, err error) {
	for id, l := range r.of(part) {
		if id > after && (account == "" || l.AccountID == account) {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b taskhook.Labelled) int { return len(a.ID) - len(b.ID) })
	return list[:min(len(list), limit)], nil
}

func (r *registry) Kin(_ context.Context, task string) (tasks, executions []string, err error) {
	return append([]string{task}, r.kin[task]...), nil, nil
}

func (r *registry) OfAccount(ctx context.Context, part taskhook.Part, account, after string, limit int) (ids []string, err error) {
	list, err := r.Subjects(ctx, part, account, after, limit)
	for _, l := range list {
		ids = append(ids, l.ID)
	}
	return ids, err
}

func (r *registry) Erase(_ context.Context, _ time.Time, erasure string, part taskhook.Part, ids []string) (removed taskhook.Removal, err error) {
	if r.fail > 0 {
		r.fail--
		return removed, errors.New("no disk")
	}
	r.erased = append(r.erased, ids)
	for _, id := range ids {
		if _, ok := r.of(part)[id]; ok {
			removed.Add(r.count(erasure, string(part)))
			removed.Results = append(removed.Results, "file of "+id)
			removed.Stopped = append(removed.Stopped, id)
			if erasure != "" {
				delete(r.of(part), id)
			}
		}
	}
	return removed, nil
}

func (r *registry) CloseAccount(_ context.Context, _ time.Time, erasure, _ string) (removed taskhook.Removal, err error) {
	if !r.closed {
		removed = r.count(erasure, "keys")
	}
	r.closed = r.closed || erasure != ""
	return removed, nil
}

func (r *registry) EraseAccount(context.Context, time.Time, string, string, int) (taskhook.Removal, error) {
	for id, l := range r.late {
		r.tasks[id] = l
	}
	r.late = nil
	return taskhook.Removal{}, nil
}

func labelled(account string, labels ...string) map[string]taskhook.Labelled {
	m := map[string]taskhook.Labelled{}
	for i, label := range labels {
		id := "0000000"[:i+1]
		m[id] = taskhook.Labelled{ID: id, AccountID: account, Label: []byte(label)}
	}
	return m
}

func order(kind taskhook.SubjectKind, name string) []taskhook.Erasure {
	return []taskhook.Erasure{{ID: "ers_1", Subject: taskhook.Subject{Kind: kind, Name: name}}}
}

// runEraser lets it work for a minute.
func runEraser(t *testing.T, r *registry) (files *bin, stopped []string) {
	t.Helper()
	files = &bin{fail: 1}
	e := NewEraser(EraserOptions{Orders: r, Data: r, Accounts: r, Results: files, Uploads: files, Stopped: func(task string) { stopped = append(stopped, task) },
		Hash: func(string) string { return "hash" }, Logger: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if err := e.Run(ctx); err != nil {
		t.Error(err)
	}
	if _, err := e.Orders.UnfinishedErasures(ctx); err != nil {
		t.Error(err)
	}
	return files, stopped
}

func TestEraseMetadata(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &registry{orders: order(taskhook.SubjectMetadata, "user=42"), fail: 2,
			tasks:  labelled("acc_1", `{"user":"42"}`, `{"user":42}`, `{"user":"4"}`, `null`, ``, `{"name":"42"}`, `{"user":{"id":"42"}}`),
			events: labelled("acc_1", `{"data":{"user":"42"}}`, `{"user":"42"}`, `not JSON`)}
		files, stopped := runEraser(t, r)
		if len(r.tasks) != 5 || len(r.events) != 2 {
			t.Errorf("%d tasks and %d events are left", len(r.tasks), len(r.events))
		}
		if len(files.gone) != 3 || len(stopped) != 3 {
			t.Errorf("files %q, stopped %q", files.gone, stopped)
		}
		e := r.orders[0]
		if e.FinishedAt.IsZero() || e.Subject.Name != "hash" || !reflect.DeepEqual(e.Counts, map[string]int64{"tasks": 2, "events": 1}) || r.scrubbed != 2 {
			t.Errorf("the receipt is %+v, scrubbed %d times", e, r.scrubbed)
		}
	})
}

// TestEraseTaskLast holds that the task by which an interrupted erasure finds the
// others goes after them.
func TestEraseTaskLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &registry{orders: order(taskhook.SubjectTask, "0"), tasks: labelled("acc_1", "", "", ""), kin: map[string][]string{"0": {"00"}}}
		runEraser(t, r)
		if len(r.tasks) != 1 || !reflect.DeepEqual(r.erased[:2], [][]string{{"00"}, {"0"}}) {
			t.Errorf("%d are left, erased were %q", len(r.tasks), r.erased)
		}
		if e := r.orders[0]; e.Subject.Name != "0" || e.FinishedAt.IsZero() {
			t.Errorf("the receipt is %+v", e)
		}
	})
}

// TestEraseAccountTwice holds that what was on its way while the account was closed is
// erased too.
func TestEraseAccountTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &registry{orders: order(taskhook.SubjectAccount, "acc_1"), tasks: labelled("acc_1", "", ""), late: labelled("acc_1", "", "", "", "")}
		began := time.Now()
		runEraser(t, r)
		e := r.orders[0]
		if len(r.tasks) != 0 || e.Counts["tasks"] != 6 || e.Counts["keys"] != 1 || e.FinishedAt.Sub(began) < 10*time.Second {
			t.Errorf("%d are left, the receipt is %+v", len(r.tasks), e)
		}
	})
}

func TestCountErasure(t *testing.T) {
	t.Parallel()
	r := &registry{tasks: labelled("acc_1", `{"a":"b"}`, `{"a":"c"}`), kin: map[string][]string{"0": {"0"}}}
	e := NewEraser(EraserOptions{Orders: r, Data: r, Accounts: r})
	for subject, want := range map[taskhook.Subject]map[string]int64{
		{Kind: taskhook.SubjectMetadata, Name: "a=b"}:   {"tasks": 1},
		{Kind: taskhook.SubjectAccount, Name: "acc_1"}:  {"tasks": 2, "keys": 1},
		{Kind: taskhook.SubjectTask, Name: "0"}:         {"tasks": 1},
		{Kind: taskhook.SubjectMetadata, Name: "a=bcd"}: nil,
	} {
		got, err := e.Count(t.Context(), subject)
		if err != nil || !reflect.DeepEqual(got.Counts, want) {
			t.Errorf("%+v: %v, want %v: %v", subject, got.Counts, want, err)
		}
	}
	if len(r.tasks) != 2 || r.closed {
		t.Error("counting has changed something")
	}
	if _, err := e.Count(t.Context(), taskhook.Subject{Kind: "planet"}); err == nil {
		t.Error("a planet can be erased")
	}
}
