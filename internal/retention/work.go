package retention

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

const (
	fewIDs   = 50   // tasks, executions, events or files that one transaction erases
	fewRows  = 1000 // of other tables
	labels   = 1000 // that are read at a time to find those of a subject
	patience = time.Second
)

// work is an erasure under way. Total is since it was begun, or begun again.
type work struct {
	*Eraser
	order taskhook.Erasure // without an id: only to count
	total taskhook.Removal
	seen  map[string]bool // tasks that are erased
}

// dry reports whether nothing is removed, but counted.
func (w *work) dry() bool { return w.order.ID == "" }

// all goes through everything until nothing is found. An account is closed first, and
// then what was on its way into it is waited for.
func (w *work) all(ctx context.Context) error {
	account := w.order.Subject.Kind == taskhook.SubjectAccount
	for pass := 1; ; pass++ {
		before := w.total.Rows()
		if err := w.pass(ctx); err != nil {
			return err
		}
		if w.total.Rows() == before && (pass > 1 || !account) {
			return nil
		}
		if account && pass == 1 && !rest(ctx, w.Quiet) {
			return ctx.Err()
		}
	}
}

func (w *work) pass(ctx context.Context) error {
	w.seen = map[string]bool{}
	switch s := w.order.Subject; s.Kind {
	case taskhook.SubjectAccount:
		return w.account(ctx, s.Name)
	case taskhook.SubjectTask:
		return w.task(ctx, s.Name)
	case taskhook.SubjectMetadata:
		return w.metadata(ctx, s)
	default:
		return fmt.Errorf("there is no subject of kind %q", s.Kind)
	}
}

// account erases the parts of an account, and then what is left of it. Each part is
// counted by itself, for a dry erasure removes none before the next.
func (w *work) account(ctx context.Context, id string) error {
	removed, err := w.Accounts.CloseAccount(ctx, time.Now(), w.order.ID, id)
	if err := w.done(ctx, removed, err); err != nil {
		return err
	}
	for _, part := range []struct {
		part   taskhook.Part
		tables []string
	}{
		{taskhook.PartExecutions, []string{"executions"}},
		{taskhook.PartTasks, []string{"tasks", "artifacts"}},
		{taskhook.PartEvents, []string{"events", "deliveries", "attempts"}},
		{taskhook.PartFiles, []string{"files"}},
	} {
		for after := ""; ; {
			ids, err := w.Data.OfAccount(ctx, part.part, id, after, fewIDs)
			if err != nil {
				return err
			}
			if len(ids) == 0 {
				break
			}
			after = ids[len(ids)-1]
			if err := w.erase(ctx, part.part, ids, part.tables...); err != nil {
				return err
			}
		}
	}
	for {
		removed, err := w.Accounts.EraseAccount(ctx, time.Now(), w.order.ID, id, fewRows)
		if err := w.done(ctx, removed, err); err != nil || w.dry() || removed.Rows() == 0 {
			return err
		}
	}
}

// task erases a task and its kin.
func (w *work) task(ctx context.Context, id string) error {
	if w.seen[id] {
		return nil
	}
	tasks, executions, err := w.Data.Kin(ctx, id)
	if err != nil {
		return err
	}
	for _, kin := range append(tasks, id) {
		w.seen[kin] = true
	}
	if err := w.erase(ctx, taskhook.PartExecutions, executions); err != nil {
		return err
	}
	// The one that was named goes last: by it an erasure that was interrupted finds
	// the others again.
	tasks = slices.DeleteFunc(tasks, func(kin string) bool { return kin == id })
	for kin := range slices.Chunk(tasks, fewIDs) {
		if err := w.erase(ctx, taskhook.PartTasks, kin); err != nil {
			return err
		}
	}
	return w.erase(ctx, taskhook.PartTasks, []string{id})
}

// metadata looks through tasks and events of an account's own.
func (w *work) metadata(ctx context.Context, subject taskhook.Subject) error {
	key, value, ok := strings.Cut(subject.Name, "=")
	if !ok {
		return fmt.Errorf("the metadata to erase is not KEY=VALUE")
	}
	for _, part := range []taskhook.Part{taskhook.PartTasks, taskhook.PartEvents} {
		for after := ""; ; {
			found, err := w.Data.Subjects(ctx, part, subject.AccountID, after, labels)
			if err != nil {
				return err
			}
			if len(found) == 0 {
				break
			}
			after = found[len(found)-1].ID
			for _, l := range found {
				switch {
				case part == taskhook.PartTasks && has(l.Label, key, value):
					err = w.task(ctx, l.ID)
				case part == taskhook.PartEvents && has(data(l.Label), key, value):
					err = w.erase(ctx, part, []string{l.ID})
				}
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// data is the member of an event's body that its account has chosen.
func data(body []byte) []byte {
	var event struct{ Data json.RawMessage }
	if json.Unmarshal(body, &event) != nil {
		return nil
	}
	return event.Data
}

// has reports whether an object has a member of the value, a text or else as JSON
// writes it.
func has(object []byte, key, value string) bool {
	var members map[string]json.RawMessage
	if len(object) == 0 || json.Unmarshal(object, &members) != nil {
		return false
	}
	member, ok := members[key]
	if !ok {
		return false
	}
	var text string
	if json.Unmarshal(member, &text) == nil {
		return text == value
	}
	return string(member) == value
}

// erase removes ids of a part, and of a dry erasure counts some tables, all if none
// are named.
func (w *work) erase(ctx context.Context, part taskhook.Part, ids []string, tables ...string) error {
	if len(ids) == 0 {
		return nil
	}
	began := time.Now()
	removed, err := w.Data.Erase(ctx, began, w.order.ID, part, ids)
	if w.dry() && len(tables) > 0 {
		maps.DeleteFunc(removed.Counts, func(table string, _ int64) bool { return !slices.Contains(tables, table) })
	}
	if err := w.done(ctx, removed, err); err != nil {
		return err
	}
	if !rest(ctx, idleShare*time.Since(began)) {
		return ctx.Err()
	}
	return nil
}

// done follows a transaction: runs are stopped and files deleted. Those are tried until
// they are gone, for the receipt says so.
func (w *work) done(ctx context.Context, removed taskhook.Removal, err error) error {
	if err != nil {
		return err
	}
	files := taskhook.Removal{Results: removed.Results, Uploads: removed.Uploads}
	removed.Results, removed.Uploads = nil, nil
	w.total.Add(removed)
	if w.dry() {
		return nil
	}
	for _, task := range removed.Stopped {
		if w.Stopped != nil {
			w.Stopped(task)
		}
	}
	for removeFiles(ctx, w.Results, w.Uploads, files, w.Logger) > 0 {
		if !rest(ctx, patience) {
			return ctx.Err()
		}
	}
	return nil
}
