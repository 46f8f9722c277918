package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/taskhook/taskhook"
)

// Filling is what Fill adds: tasks of the past with an event, a delivery and an
// attempt each, or deliveries that are due, as a server would have written them one
// by one. They belong to all endpoints in turn.
type Filling struct {
	Deliveries int
	Finished   bool // delivered, with task and attempt; else pending and due
	Type       string
	Body       []byte // of each event
	Schedule   taskhook.Schedule
	From, To   time.Time // over which they were made
}

// fillBite is how many deliveries one transaction of Fill adds.
const fillBite = 10_000

// Fill adds in bulk, for measurements, while no server works on the database. Progress
// is told how many deliveries there are.
func (s *Store) Fill(ctx context.Context, f Filling, progress func(made int)) error {
	endpoints, err := s.toFill(ctx)
	if err != nil {
		return err
	}
	if len(endpoints) == 0 {
		return errors.New("fill the database: it has no endpoint")
	}
	bites := max((f.Deliveries+fillBite-1)/fillBite, min(len(endpoints), f.Deliveries))
	for i := range bites {
		first, end := f.Deliveries*i/bites, f.Deliveries*(i+1)/bites
		b := bite{Filling: f, filled: endpoints[i%len(endpoints)], first: first, n: end - first,
			at: f.From.Add(f.To.Sub(f.From) * time.Duration(i) / time.Duration(bites))}
		if err := s.inTx(ctx, func(t tx) error { return b.add(ctx, t) }); err != nil {
			return fmt.Errorf("fill the database: %w", err)
		}
		progress(end)
	}
	if db, ok := s.db.(*postgresDB); ok { // what autovacuum would have done long ago
		return simple(ctx, db.conn, "VACUUM (ANALYZE) tasks, events, deliveries, attempts")
	}
	return nil
}

// filled is an endpoint that is filled.
type filled struct{ endpoint, account, lane string }

func (s *Store) toFill(ctx context.Context) (endpoints []filled, err error) {
	accounts, err := collect(ctx, s.db, scanInto[string], `SELECT id FROM accounts ORDER BY number`)
	for _, account := range accounts {
		some, err := collect(ctx, s.db, scanFilled, `SELECT id, account, lane FROM endpoints
			WHERE account = $1 AND deleted_at IS NULL ORDER BY id`, account)
		if err != nil {
			return nil, err
		}
		endpoints = append(endpoints, some...)
	}
	return endpoints, err
}

func scanFilled(r scanner) (f filled, err error) {
	err = r.Scan(&f.endpoint, &f.account, &f.lane)
	return f, err
}

// bite is what one transaction adds, all at one time.
type bite struct {
	Filling
	filled
	first, n int
	at       time.Time
}

// series are the numbers from the first argument on, as many as the second; number
// is one as the end of an id.
const (
	series = `WITH RECURSIVE series (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM series WHERE i < $2) `
	number = `substr(CAST(1000000000000 + i AS TEXT), 2)`
)

// head is the beginning of ids of the time.
func head(prefix string, at time.Time) string {
	id := taskhook.FloorID(prefix, at)
	return id[:len(id)-12]
}

func (b *bite) add(ctx context.Context, t tx) error {
	steps := []func(context.Context, tx) error{b.addEvents, b.addDue, b.wake}
	if b.Finished {
		steps = []func(context.Context, tx) error{b.addTasks, b.addEvents, b.addDelivered, b.addAttempts, b.count}
	}
	for _, step := range steps {
		if err := step(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// insert adds a row for each number of the bite. The placeholders of rows begin with $3.
func (b *bite) insert(ctx context.Context, t tx, into, rows string, args ...any) error {
	_, err := t.exec(ctx, `INSERT`+into+series+`SELECT `+rows+` FROM series`, append([]any{b.first + 1, b.first + b.n}, args...)...)
	return err
}

func (b *bite) addTasks(ctx context.Context, t tx) error {
	made := ms(b.at)
	return b.insert(ctx, t, ` INTO tasks (id, account, face, provider, capability, model, medium, input, test, sandbox, state, progress,
			estimated, created_at, started_at, finished_at) `,
		`$3 || `+number+`, $4, 'modelhunter', 'seedream', 'text-to-image', 'seedream-4-0', 'image', $5, 0, 1, 'succeeded', 100, 1000, $6, $7, $8`,
		head(taskhook.PrefixTask, b.at), b.account, []byte(`{"prompt":"a cat"}`), made, made, made)
}

func (b *bite) addEvents(ctx context.Context, t tx) error {
	if _, err := t.exec(ctx, `UPDATE feed_head SET seq = seq + $1`, b.n); err != nil {
		return err
	}
	last, _, err := first(ctx, t, scanInto[int64], `SELECT seq FROM feed_head`)
	if err != nil {
		return err
	}
	return b.insert(ctx, t, intoEvents, `i + $3, $4 || `+number+`, $5, $6, `+b.subject("$7")+`, $8, $9, 0`,
		last-int64(b.first+b.n), head(taskhook.PrefixEvent, b.at), b.account, b.Type, head(taskhook.PrefixTask, b.at), b.Body, ms(b.at))
}

// subject is the task of a finished delivery; others have none.
func (b *bite) subject(placeholder string) string {
	if b.Finished {
		return placeholder + ` || ` + number
	}
	return `substr(` + placeholder + `, 1, 0)`
}

// quoted is a schedule as SQL, which has no quotes in it.
func quoted(s taskhook.Schedule) string { return `'` + s.String() + `'` }

const fillDelivery = `$3 || ` + number + `, $4, $5 || ` + number + `, $6, `

func (b *bite) addDue(ctx context.Context, t tx) error {
	return b.insert(ctx, t, intoDeliveries, fillDelivery+`'', $7, $8, '', NULL, 'pending', 0, `+quoted(b.Schedule)+`, 0, '', '', $9, $10`,
		head(taskhook.PrefixDelivery, b.at), b.account, head(taskhook.PrefixEvent, b.at), b.Type, b.endpoint, b.lane, ms(b.at), ms(b.at))
}

func (b *bite) wake(ctx context.Context, t tx) error {
	_, err := t.exec(ctx, `UPDATE lanes SET next_due = $1 WHERE id = $2 AND next_due IS NULL`, ms(b.at), b.lane)
	return err
}

func (b *bite) addDelivered(ctx context.Context, t tx) error {
	return b.insert(ctx, t, ` INTO deliveries (id, account, event, event_type, subject, endpoint, lane, state, claim, attempts, schedule, test,
			due_at, created_at, finished_at) `,
		fillDelivery+b.subject("$7")+`, $8, $9, 'delivered', 0, 1, `+quoted(b.Schedule)+`, 0, $10, $11, $12`,
		head(taskhook.PrefixDelivery, b.at), b.account, head(taskhook.PrefixEvent, b.at), b.Type, head(taskhook.PrefixTask, b.at),
		b.endpoint, b.lane, ms(b.at), ms(b.at), ms(b.at))
}

func (b *bite) addAttempts(ctx context.Context, t tx) error {
	return b.insert(ctx, t, intoAttempts, `$3 || `+number+`, 1, $4, 2000, 200, 'ok', '', NULL, 0`, head(taskhook.PrefixDelivery, b.at), ms(b.at))
}

// count adds to the counters of the minute.
func (b *bite) count(ctx context.Context, t tx) error {
	var args []any
	for _, endpoint := range []string{b.endpoint, everyEndpoint} {
		args = append(args, b.account, endpoint, minuteOf(b.at), string(taskhook.ClassOK), b.n, b.n)
	}
	return t.many(ctx, nil, countRows, args)
}

// Tally returns how many deliveries that were made since are in the state.
func (s *Store) Tally(ctx context.Context, since time.Time, state taskhook.DeliveryState) (int, error) {
	n, _, err := first(ctx, s.db, scanInto[int], `SELECT count(*) FROM deliveries WHERE id >= $1 AND state = $2`,
		taskhook.FloorID(taskhook.PrefixDelivery, since), string(state))
	return n, err
}
