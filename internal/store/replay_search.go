package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// A replay goes through what was chosen from the oldest to the newest, part by
// part. What it finds has ended, and nothing leaves a final state, so it is looked
// for outside of commits: in deliveries by the indexes of lists, in events by their
// place in the feed. The end is set when it is planned, so it never meets what is
// made later, itself least of all.

// searchLimits bound one look.
type searchLimits struct {
	wanted int // items that are not to be skipped
	items  int // all that are found
	rows   int // looked at
}

// The limits of one look of a running replay.
const (
	partItems = 250
	partRows  = 2000
)

// ReplayPart returns what a replay has to do next: at most limit items that are not
// to be skipped, with the bodies that they send. A target that was deleted is
// CodeNotFound.
func (s *Store) ReplayPart(ctx context.Context, j *taskhook.Replay, limit int) (taskhook.ReplayPart, error) {
	part, err := s.findPart(ctx, j, searchLimits{wanted: limit, items: max(limit, partItems), rows: partRows})
	if err != nil {
		return part, err
	}
	return part, s.addBodies(ctx, part.Items, part.Target != nil)
}

func (s *Store) findPart(ctx context.Context, j *taskhook.Replay, l searchLimits) (part taskhook.ReplayPart, err error) {
	if to := j.To(); to != "" {
		if part.Target, err = s.target(ctx, j.AccountID, to); err != nil {
			return part, err
		}
	}
	switch {
	case !j.Choice.Since.IsZero():
		err = s.findMissed(ctx, j, l, &part)
	case j.Choice.Deliveries != nil:
		err = s.findChosen(ctx, j, l, &part)
	default:
		err = s.findMatching(ctx, j, l, &part)
	}
	skipRepeated(part.Items, part.Target != nil)
	if j.Choice.Since.IsZero() {
		cutAfter(&part, l.wanted)
	}
	return part, err
}

// cutAfter ends a part of deliveries after as many items that are not to be
// skipped.
func cutAfter(part *taskhook.ReplayPart, wanted int) {
	for i := range part.Items {
		if !part.Items[i].Skip {
			wanted--
		}
		if wanted == 0 && i < len(part.Items)-1 {
			part.Items, part.Cursor, part.Done = part.Items[:i+1], part.Items[i].ID, false
			return
		}
	}
}

// target reads an endpoint without its secrets.
func (s *Store) target(ctx context.Context, account, id string) (*taskhook.Endpoint, error) {
	e, ok, err := first(ctx, s.db, func(r scanner) (e taskhook.Endpoint, err error) {
		var events string
		var schedule *string
		if err := r.Scan(&e.State, &e.ID, &e.URL, &events, &schedule, &e.LaneID); err != nil {
			return e, err
		}
		return e, setSubscription(&e, events, schedule)
	}, `SELECT state, id, url, events, schedule, lane FROM endpoints WHERE id = $1 AND account = $2 AND deleted_at IS NULL`, id, account)
	if err == nil && !ok {
		err = taskhook.Errorf(taskhook.CodeNotFound, "There is no webhook %s in this account.", id)
	}
	return &e, err
}

// findMatching looks for deliveries by a filter.
func (s *Store) findMatching(ctx context.Context, j *taskhook.Replay, l searchLimits, part *taskhook.ReplayPart) error {
	f := j.Choice.Filter
	f.AccountID, f.From, f.To = j.AccountID, time.Time{}, time.Time{} // they are in cursor and bound
	scope, filter := deliveryConditions(f)
	scope.add("d.id > ?", j.Cursor)
	scope.add("d.id < ?", j.Bound)
	last, _, err := first(ctx, s.db, scanInto[string], `SELECT d.id FROM deliveries d`+scope.text()+
		` ORDER BY d.id LIMIT 1 OFFSET `+strconv.Itoa(l.rows-1), scope.args...)
	if err != nil {
		return err
	}
	if last != "" {
		scope.add("d.id <= ?", last)
	}
	filter.add("d.state <> 'pending'")
	filter.add("d.test = 0")
	if part.Items, err = s.replayItems(ctx, j, scope.and(filter), l.items); err != nil {
		return err
	}
	switch full := len(part.Items) == l.items; {
	case full:
		part.Cursor = part.Items[l.items-1].ID
	case last != "":
		part.Cursor = last
	default:
		part.Cursor, part.Done = j.Bound, true
	}
	return nil
}

// findChosen looks the next of the chosen deliveries up.
func (s *Store) findChosen(ctx context.Context, j *taskhook.Replay, l searchLimits, part *taskhook.ReplayPart) error {
	at, _ := slices.BinarySearchFunc(j.Choice.Deliveries, j.Cursor, func(id, cursor string) int {
		if id <= cursor {
			return -1
		}
		return 1
	})
	ids := j.Choice.Deliveries[at:]
	part.Done = len(ids) <= l.items
	ids = ids[:min(len(ids), l.items)]
	part.Cursor = j.Bound
	if !part.Done {
		part.Cursor = ids[len(ids)-1]
	}
	return inBites(ids, func(some []string) error {
		var where conditions
		where.add("d.account = ?", j.AccountID)
		where.add("d.id IN (?"+strings.Repeat(",?", len(some)-1)+")", anyOf(some)...)
		items, err := s.replayItems(ctx, j, where, len(some))
		part.Items = append(part.Items, items...)
		return err
	})
}

func anyOf(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

// replayItems reads deliveries that are to be repeated, oldest first.
func (s *Store) replayItems(ctx context.Context, j *taskhook.Replay, where conditions, limit int) ([]taskhook.ReplayItem, error) {
	// Skipped is what the receiver is owed already, by this replay or otherwise, and
	// where failures are asked for, what it has got since.
	got := ``
	if f := &j.Choice.Filter; f.Failing || f.LastClass != "" || f.State == taskhook.DeliveryFailed || f.State == taskhook.DeliveryCancelled {
		got = ` OR o.state = 'delivered'`
	}
	receiver, gone, args := `o.endpoint = d.endpoint AND o.url = d.url`, ` OR p.deleted_at IS NOT NULL`, []any{j.ID}
	if to := j.To(); to != "" {
		receiver, gone, args = `o.endpoint = ?`, ``, []any{to, j.ID}
	}
	query := `SELECT ` + deliveryColumns + `, d.state = 'pending' OR d.event_type IN ('task.started', 'task.progress')` + gone + ` OR EXISTS (SELECT 1 FROM deliveries o
		WHERE o.event = d.event AND ` + receiver + ` AND (o.replay = ? OR o.state = 'pending'` + got + `))` +
		fromDeliveries + where.plain() + ` ORDER BY d.id LIMIT ?`
	return collect(ctx, s.db, func(r scanner) (i taskhook.ReplayItem, err error) {
		var times deliveryTimes
		if err := r.Scan(append(deliveryFields(&i.Delivery, &times), &i.Skip)...); err != nil {
			return i, err
		}
		return i, times.set(&i.Delivery)
	}, numbered(query), slices.Concat(args, where.args, []any{limit})...)
}

// skipRepeated skips what goes to a receiver that an earlier item goes to with the
// same event.
func skipRepeated(items []taskhook.ReplayItem, oneTarget bool) {
	type to struct{ event, endpoint, url string }
	seen := make(map[to]bool, len(items))
	for i := range items {
		item := &items[i]
		key := to{item.EventID, item.EndpointID, item.URL}
		if oneTarget {
			key = to{event: item.EventID}
		}
		item.Skip = item.Skip || seen[key]
		seen[key] = seen[key] || !item.Skip
	}
}

// addBodies reads what the items that are not to be skipped send: to one target the
// bodies of their events, else those of the deliveries that they repeat.
func (s *Store) addBodies(ctx context.Context, items []taskhook.ReplayItem, oneTarget bool) error {
	query, id := `SELECT d.id, coalesce(d.body, e.body) FROM deliveries d JOIN events e ON e.id = d.event WHERE d.id IN (`, func(i *taskhook.ReplayItem) string { return i.ID }
	if oneTarget {
		query, id = `SELECT id, body FROM events WHERE id IN (`, func(i *taskhook.ReplayItem) string { return i.EventID }
	}
	var wanted []*taskhook.ReplayItem
	for i := range items {
		if !items[i].Skip {
			wanted = append(wanted, &items[i])
		}
	}
	return inBites(wanted, func(some []*taskhook.ReplayItem) error {
		bodies, ids := map[string][]byte{}, make([]string, len(some))
		for i, item := range some {
			ids[i] = id(item)
		}
		_, err := collect(ctx, s.db, func(r scanner) (none struct{}, err error) {
			var id string
			var body []byte
			err = r.Scan(&id, &body)
			bodies[id] = body
			return none, err
		}, query+marks(1, len(ids))+`)`, anyOf(ids)...)
		for i, item := range some {
			item.Body = bodies[ids[i]]
		}
		return err
	})
}
