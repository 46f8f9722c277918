package store

import (
	"context"
	"slices"

	"github.com/taskhook/taskhook"
)

// feedScan is how many events one read of the feed looks at.
const feedScan = 1000

// Feed returns the events of an account after a cursor, in the order of the feed,
// which no later commit changes: places in it are given within commits that follow
// one another. Those of the test button are left out. It looks at a bounded number
// of events, so a page may be empty and yet there are more. When retention has
// removed something after the cursor that is CodeCursorExpired, with the oldest
// cursor after which nothing is missing.
func (s *Store) Feed(ctx context.Context, q taskhook.FeedQuery) (page taskhook.FeedPage, err error) {
	for {
		if page, err = s.readFeed(ctx, q); err != nil {
			return page, err
		}
		// Looked at after the events were read: what was missing then is known now.
		oldest, err := s.horizon(ctx, q.AccountID)
		switch {
		case err != nil || q.After >= oldest:
			return page, err
		case !q.FromStart:
			return page, expired(oldest)
		}
		q.After = oldest
	}
}

func (s *Store) readFeed(ctx context.Context, q taskhook.FeedQuery) (page taskhook.FeedPage, err error) {
	wants := taskhook.Endpoint{Events: q.Types}
	scan := feedScan
	if len(q.Types) == 0 {
		scan = min(q.Limit, feedScan)
	}
	events, err := collect(ctx, s.db, scanEvent, `SELECT seq, id, account, type, subject, body, created_at, test FROM events
		WHERE account = $1 AND seq > $2 ORDER BY seq LIMIT $3`, q.AccountID, int64(q.After), scan)
	if err != nil {
		return page, err
	}
	page.Next, page.More = q.After, len(events) == scan
	for _, e := range events {
		if len(page.Events) == q.Limit {
			page.More = true
			break
		}
		page.Next = taskhook.Cursor(e.Seq)
		if !e.Test && shown(q.Types, &wants, e.Type) {
			page.Events = append(page.Events, e)
		}
	}
	page.Events = slices.Clip(page.Events)
	return page, nil
}

// shown reports whether a query asks for a type: without any it asks for all that
// last.
func shown(types []string, wants *taskhook.Endpoint, eventType string) bool {
	return wants.Wants(eventType) || len(types) == 0 && !taskhook.Transient(eventType)
}

func expired(oldest taskhook.Cursor) error {
	e := taskhook.FieldErrorf(taskhook.CodeCursorExpired, "after", "Events after this cursor are no longer kept, so going on would miss some. "+
		"Begin at the oldest cursor, which stands in the details, and make up for what was missed by reading the tasks.")
	e.Oldest = oldest
	return e
}

// horizon is the place after which all events of an account are kept. Before it there
// may be some that retention has spared, for a delivery waits for them.
func (s *Store) horizon(ctx context.Context, account string) (taskhook.Cursor, error) {
	seq, _, err := first(ctx, s.db, scanInto[int64], `SELECT seq FROM feed_horizons WHERE account = $1`, account)
	return taskhook.Cursor(seq), err
}

// FeedHead returns the place of the last event of all accounts.
func (s *Store) FeedHead(ctx context.Context) (taskhook.Cursor, error) {
	head, _, err := first(ctx, s.db, scanInto[int64], `SELECT seq FROM feed_head`)
	return taskhook.Cursor(head), err
}

func scanEvent(r scanner) (e taskhook.Event, err error) {
	var created int64
	err = r.Scan(&e.Seq, &e.ID, &e.AccountID, &e.Type, &e.Subject, &e.Body, &created, &e.Test)
	e.CreatedAt = at(created)
	return e, err
}
