package store

import (
	"context"
	"strconv"

	"github.com/taskhook/taskhook"
)

// missedEvent is an event as a recovery sees it.
type missedEvent struct {
	taskhook.ReplayItem
	seq  int64
	got  bool // or is owed it
	test bool
}

// findMissed looks for events that the target has not got, in the order of the
// feed.
func (s *Store) findMissed(ctx context.Context, j *taskhook.Replay, l searchLimits, part *taskhook.ReplayPart) error {
	to := part.Target
	found, err := collect(ctx, s.db, scanMissed, `SELECT e.seq, e.id, e.account, e.type, e.subject, e.created_at, e.test,
			coalesce((SELECT max(o.id) FROM deliveries o WHERE o.event = e.id AND o.endpoint = $1), ''),
			EXISTS (SELECT 1 FROM deliveries o WHERE o.event = e.id AND o.endpoint = $2
				AND (o.state = 'pending' OR o.state = 'delivered' OR o.replay = $3))
		FROM events e WHERE e.account = $4 AND e.seq > $5 AND e.seq <= $6 ORDER BY e.seq LIMIT $7`,
		to.ID, to.ID, j.ID, j.AccountID, place(j.Cursor), place(j.Bound), l.rows)
	if err != nil {
		return err
	}
	looked := 0
	for ; looked < len(found) && len(part.Items) < l.wanted; looked++ {
		if e := &found[looked]; e.owedTo(to, &j.Choice) {
			e.EndpointID, e.LaneID, e.URL = to.ID, to.LaneID, to.URL
			part.Items = append(part.Items, e.ReplayItem)
		}
		part.Cursor = strconv.FormatInt(found[looked].seq, 10)
	}
	if part.Done = looked == len(found) && len(found) < l.rows; part.Done {
		part.Cursor = j.Bound
	}
	return nil
}

func scanMissed(r scanner) (e missedEvent, err error) {
	var created int64
	err = r.Scan(&e.seq, &e.EventID, &e.AccountID, &e.EventType, &e.Subject, &created, &e.test, &e.ID, &e.got)
	e.CreatedAt = at(created)
	return e, err
}

// owedTo reports whether the endpoint should have got the event, and has not.
func (e *missedEvent) owedTo(to *taskhook.Endpoint, c *taskhook.ReplayChoice) bool {
	switch {
	case e.got, e.test, taskhook.Transient(e.EventType), e.EventID < taskhook.FloorID(taskhook.PrefixEvent, c.Since):
		return false
	case !c.Filter.To.IsZero() && e.EventID >= taskhook.FloorID(taskhook.PrefixEvent, c.Filter.To):
		return false
	case c.Filter.EventType != "" && c.Filter.EventType != e.EventType:
		return false
	}
	return e.ID != "" || c.Missing && to.Wants(e.EventType) && e.Subject != to.ID // nobody is told about itself
}

// place reads a place in the feed that setBounds or findMissed has written.
func place(text string) int64 {
	seq, _ := strconv.ParseInt(text, 10, 64) // always a number
	return seq
}
