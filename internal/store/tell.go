package store

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// Transient events lie where others do while they last. A newer one removes those
// before it, as far as their receivers get it too, and the end of the task removes
// all: so there is one at a time of a running task, and none of one that has ended.
// The row of the task is what they and its end meet at.

// telling is the item of a write that publishes reports.
type telling struct {
	reports     []*taskhook.Report
	publication *publication
}

// Tell publishes how far running tasks are. A report is stale, and nothing is
// published of it, when its run is no longer the node's or under the lease, its task has
// ended, one of a later sequence was stored, or one after the time that it names. After an error it can be repeated as it is.
func (s *Store) Tell(ctx context.Context, now time.Time, reports []*taskhook.Report) error {
	return s.writes.do(ctx, s.kinds.tell, &telling{reports, s.newPublication(now, &taskhook.Publication{})})
}

// Followed returns by account which types of transient events anybody in it asks
// for; those where nobody does are left out.
func (s *Store) Followed(ctx context.Context, accounts []string) (map[string][]string, error) {
	followed := map[string][]string{}
	err := each(accounts, func(in string, args []any) error {
		_, err := collect(ctx, s.db, func(r scanner) (none struct{}, err error) {
			var account, events string
			if err := r.Scan(&account, &events); err != nil {
				return none, err
			}
			e := taskhook.Endpoint{}
			if err := setSubscription(&e, events, nil); err != nil {
				return none, err
			}
			for _, wanted := range e.Events {
				if taskhook.Transient(wanted) && !slices.Contains(followed[account], wanted) {
					followed[account] = append(followed[account], wanted)
				}
			}
			return none, nil
		}, `SELECT account, events FROM endpoints WHERE follows = 1 AND deleted_at IS NULL AND state <> 'disabled' AND account IN `+in, args...)
		return err
	})
	return followed, err
}

func (s *Store) tellKind() *kind {
	return &kind{
		name: "tell",
		apply: func(ctx context.Context, t tx, items []*write) error {
			var batch []*publication
			for _, w := range items {
				item := w.item.(*telling)
				if err := item.note(ctx, t); err != nil {
					return err
				}
				batch = append(batch, item.publication)
			}
			if err := s.publish(ctx, t, batch); err != nil {
				return err
			}
			for _, p := range batch {
				if err := p.overtake(ctx, t); err != nil {
					return err
				}
			}
			return nil
		},
		committed: func(items []*write) {
			for _, w := range items {
				s.pushed(w.item.(*telling).publication)
			}
		},
		undone: func(items []*write, inDoubt bool) {
			for _, w := range items {
				s.cancelled(w.item.(*telling).publication, inDoubt)
			}
		},
	}
}

// note stores how far the tasks are, and keeps of the reports what is to be
// published.
func (i *telling) note(ctx context.Context, t tx) error {
	i.publication.Events = nil
	for _, r := range i.reports {
		changed, err := t.exec(ctx, `UPDATE tasks SET told = $1, progress = CASE WHEN progress < $2 THEN $3 ELSE progress END
			WHERE id = $4 AND state = 'running' AND told < $5
			AND EXISTS (SELECT 1 FROM runs WHERE runs.id = $6 AND coalesce(runs.owner, '') = $7 AND runs.lease = $8 AND runs.state = 'open')
			AND NOT EXISTS (SELECT 1 FROM events WHERE subject = $9 AND subject <> '' AND type IN ('task.started', 'task.progress') AND created_at > $10)`,
			r.Sequence, r.Percent, r.Percent, r.Event.Event.Subject, r.Sequence, r.RunID, r.Node, r.Lease, r.Event.Event.Subject, latest(r.After))
		if err != nil {
			return err
		}
		if r.Stale = changed == 0; !r.Stale {
			i.publication.Events = append(i.publication.Events, r.Event)
		}
	}
	return nil
}

// latest is the stored form of when a report must not be after another; the zero time
// bounds nothing.
func latest(after time.Time) int64 {
	if after.IsZero() {
		return math.MaxInt64
	}
	return ms(after)
}

// overtake removes what the events of the publication are newer than. That a task
// started is news to those who ask for nothing else, so it is kept for them.
func (p *publication) overtake(ctx context.Context, t tx) error {
	for i := range p.Events {
		e := &p.Events[i].Event
		older, err := reports(ctx, t, e.Subject, e.Seq)
		if err != nil {
			return err
		}
		r := &remover{tx: t}
		for _, o := range older {
			if o.Type == taskhook.EventTaskProgress {
				_, err = r.events(ctx, []string{o.ID})
			} else {
				err = p.overtakeStart(ctx, r, e.ID, o.ID)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// overtakeStart removes what is pending of the event of a start where the later one
// goes as well.
func (p *publication) overtakeStart(ctx context.Context, r *remover, later, start string) error {
	var to []string
	for i := range p.Deliveries {
		if d := &p.Deliveries[i]; d.EventID == later {
			to = append(to, d.EndpointID)
		}
	}
	return each(to, func(in string, args []any) error {
		args = append(args, start)
		where := ` WHERE endpoint IN ` + in + ` AND state = 'pending' AND event = ` + next(args[:len(args)-1])
		if err := r.attempts(ctx, `(SELECT id FROM deliveries`+where+`)`, args...); err != nil {
			return err
		}
		rows, bytes, err := r.delete(ctx, "deliveries", `DELETE FROM deliveries`+where+` RETURNING coalesce(length(body), 0)`, args...)
		r.less(taskhook.KindEvents, 0, bytes+rows*deliveryCost)
		return err
	})
}

// reports returns the transient events about a task before a place in the feed, by
// id and type alone.
func reports(ctx context.Context, t tx, task string, before int64) ([]taskhook.Event, error) {
	return collect(ctx, t, func(r scanner) (e taskhook.Event, err error) {
		err = r.Scan(&e.ID, &e.Type)
		return e, err
	}, `SELECT id, type FROM events WHERE subject = $1 AND subject <> '' AND type IN ('task.started', 'task.progress') AND seq < $2`, task, before)
}

// dropReports removes the transient events of a task that ends.
func dropReports(ctx context.Context, t tx, k *taskhook.Task) error {
	if k.Told == 0 {
		return nil
	}
	all, err := reports(ctx, t, k.ID, math.MaxInt64)
	if err != nil {
		return err
	}
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	_, err = (&remover{tx: t}).events(ctx, ids)
	return err
}
