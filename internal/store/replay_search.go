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
	items  int // found
	rows   int // looked at
	bodies bool
}

// The rows that one look of a running replay passes by at most.
const partRows = 2000

// PlanReplay says what a replay would do, by the very search that it would make,
// and sets where it begins and ends. Chosen deliveries of another account are
// CodeNotFound.
func (s *Store) PlanReplay(ctx context.Context, j *taskhook.Replay) (p taskhook.ReplayPreview, err error) {
	if err := s.setBounds(ctx, j); err != nil {
		return p, err
	}
	part, err := s.findPart(ctx, j, searchLimits{items: taskhook.MaxTotal, rows: maxSearch})
	if err != nil {
		return p, err
	}
	if want := len(j.Choice.Deliveries); want > len(part.Items) {
		return p, taskhook.Errorf(taskhook.CodeNotFound, "%d of the %d deliveries are not in this account.", want-len(part.Items), want)
	}
	var subjects []string
	for i := range part.Items {
		if item := &part.Items[i]; item.Skip {
			p.Skipped++
		} else {
			p.Expected++
			subjects = append(subjects, item.Subject)
			if len(p.Sample) < sampleSize {
				p.Sample = append(p.Sample, *item)
			}
		}
	}
	p.Open, p.Held = !part.Done, part.Target != nil && part.Target.State != taskhook.EndpointActive
	j.Found, j.Open = len(part.Items), p.Open
	p.Purged, err = s.countPurged(ctx, subjects)
	return p, err
}

// sampleSize is how many items a preview shows.
const sampleSize = 10

// setBounds sets where the search of a replay begins and ends.
func (s *Store) setBounds(ctx context.Context, j *taskhook.Replay) error {
	c := &j.Choice
	end := j.CreatedAt
	if !c.Filter.To.IsZero() && c.Filter.To.Before(end) {
		end = c.Filter.To
	}
	if c.Since.IsZero() {
		j.Cursor, j.Bound = taskhook.FloorID(taskhook.PrefixDelivery, c.Filter.From), taskhook.FloorID(taskhook.PrefixDelivery, end)
		return nil
	}
	from, ok, err := first(ctx, s.db, scanInto[int64], `SELECT seq FROM events WHERE id >= $1 ORDER BY id LIMIT 1`,
		taskhook.FloorID(taskhook.PrefixEvent, c.Since.Add(-commitLimit)))
	if err != nil {
		return err
	}
	head, err := s.FeedHead(ctx)
	if !ok {
		from = int64(head) + 1
	}
	j.Cursor, j.Bound = strconv.FormatInt(from-1, 10), strconv.FormatInt(int64(head), 10)
	return err
}

// ReplayPart returns what a replay has to do next, at most limit items, with the
// bodies that they send. A target that was deleted is CodeNotFound.
func (s *Store) ReplayPart(ctx context.Context, j *taskhook.Replay, limit int) (taskhook.ReplayPart, error) {
	return s.findPart(ctx, j, searchLimits{items: limit, rows: partRows, bodies: true})
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
	return part, err
}

// target reads an endpoint without its secrets.
func (s *Store) target(ctx context.Context, account, id string) (*taskhook.Endpoint, error) {
	e, ok, err := first(ctx, s.db, func(r scanner) (e taskhook.Endpoint, err error) {
		var events string
		var schedule *string
		if err := r.Scan(&e.ID, &e.URL, &events, &schedule, &e.LaneID, &e.State); err != nil {
			return e, err
		}
		return e, setSubscription(&e, events, schedule)
	}, `SELECT id, url, events, schedule, lane, state FROM endpoints WHERE id = $1 AND account = $2 AND deleted_at IS NULL`, id, account)
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
	if part.Items, err = s.replayItems(ctx, j, scope.and(filter), l); err != nil {
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
		items, err := s.replayItems(ctx, j, where, searchLimits{items: len(some), bodies: l.bodies})
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
func (s *Store) replayItems(ctx context.Context, j *taskhook.Replay, where conditions, l searchLimits) ([]taskhook.ReplayItem, error) {
	// Owed are the pending deliveries of the event to the same receiver, and the one
	// that this replay has made.
	receiver, gone, args := `o.endpoint = d.endpoint AND o.url = d.url`, ` OR p.deleted_at IS NOT NULL`, []any{j.ID}
	body := `coalesce(d.body, e.body)`
	if to := j.To(); to != "" {
		receiver, gone, args = `o.endpoint = ?`, ``, []any{to, j.ID}
		body = `e.body`
	}
	if !l.bodies {
		body = `NULL`
	}
	query := `SELECT ` + deliveryColumns + `, d.state = 'pending'` + gone + ` OR EXISTS (SELECT 1 FROM deliveries o
		WHERE o.event = d.event AND ` + receiver + ` AND (o.replay = ? OR o.state = 'pending')), ` + body +
		fromDeliveries + `JOIN events e ON e.id = d.event` + where.plain() + ` ORDER BY d.id LIMIT ?`
	return collect(ctx, s.db, func(r scanner) (i taskhook.ReplayItem, err error) {
		var times deliveryTimes
		if err := r.Scan(append(deliveryFields(&i.Delivery, &times), &i.Skip, &i.Body)...); err != nil {
			return i, err
		}
		return i, times.set(&i.Delivery)
	}, numbered(query), slices.Concat(args, where.args, []any{l.items})...)
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
	for ; looked < len(found) && len(part.Items) < l.items; looked++ {
		if e := &found[looked]; e.owedTo(to, &j.Choice) {
			e.EndpointID, e.LaneID, e.URL = to.ID, to.LaneID, to.URL
			part.Items = append(part.Items, e.ReplayItem)
		}
		part.Cursor = strconv.FormatInt(found[looked].seq, 10)
	}
	if part.Done = looked == len(found) && len(found) < l.rows; part.Done {
		part.Cursor = j.Bound
	}
	if !l.bodies {
		return nil
	}
	return s.addBodies(ctx, part.Items)
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
	case e.got, e.test, e.EventID < taskhook.FloorID(taskhook.PrefixEvent, c.Since):
		return false
	case !c.Filter.To.IsZero() && e.EventID >= taskhook.FloorID(taskhook.PrefixEvent, c.Filter.To):
		return false
	case c.Filter.EventType != "" && c.Filter.EventType != e.EventType:
		return false
	}
	return e.ID != "" || c.Missing && to.Wants(e.EventType) && e.Subject != to.ID // nobody is told about itself
}

// addBodies reads the bodies of the items' events.
func (s *Store) addBodies(ctx context.Context, items []taskhook.ReplayItem) error {
	return inBites(items, func(some []taskhook.ReplayItem) error {
		bodies := map[string][]byte{}
		ids := make([]any, len(some))
		for i := range some {
			ids[i] = some[i].EventID
		}
		_, err := collect(ctx, s.db, func(r scanner) (none struct{}, err error) {
			var id string
			var body []byte
			err = r.Scan(&id, &body)
			bodies[id] = body
			return none, err
		}, `SELECT id, body FROM events WHERE id IN (`+marks(1, len(ids))+`)`, ids...)
		for i := range some {
			some[i].Body = bodies[some[i].EventID]
		}
		return err
	})
}

// place reads a place in the feed that setBounds or findMissed has written.
func place(text string) int64 {
	seq, _ := strconv.ParseInt(text, 10, 64) // always a number
	return seq
}

// countPurged counts the subjects of which a result is no longer kept: tasks, and
// executions by their tasks.
func (s *Store) countPurged(ctx context.Context, subjects []string) (n int, err error) {
	purged := map[string]bool{}
	once := slices.Compact(slices.Sorted(slices.Values(subjects)))
	for _, kind := range []struct{ prefix, query string }{
		{taskhook.PrefixTask, `SELECT task FROM artifacts WHERE removed = 1 AND task`},
		{taskhook.PrefixExecution, `SELECT s.execution FROM execution_steps s JOIN artifacts a ON a.task = s.task WHERE a.removed = 1 AND s.execution`},
	} {
		some := slices.DeleteFunc(slices.Clone(once), func(id string) bool { return !strings.HasPrefix(id, kind.prefix) })
		err := inBites(some, func(ids []string) error {
			found, err := known(ctx, s.db, kind.query, ids)
			for id := range found {
				purged[id] = true
			}
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	for _, subject := range subjects {
		if purged[subject] {
			n++
		}
	}
	return n, nil
}
