package delivery

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/webhook"
)

// FeedStore is what the Feed asks of events.
type FeedStore interface {
	Feed(ctx context.Context, q taskhook.FeedQuery) (taskhook.FeedPage, error)
	FeedHead(ctx context.Context) (taskhook.Cursor, error)
	Endpoint(ctx context.Context, account, id string) (taskhook.Endpoint, error)
}

// Feed reads the events of accounts in their order, for consumers that would rather
// fetch than be sent. Who waits looks at the end of the feed, which all share.
type Feed struct {
	Now   func() time.Time // the time that all nodes go by; time.Now unless it is set
	store FeedStore

	stop context.Context // ends when nobody may wait any more
	end  context.CancelFunc

	mu   sync.Mutex
	head taskhook.Cursor
	read time.Time // when head was
}

// NewFeed returns a Feed.
func NewFeed(store FeedStore) *Feed {
	f := &Feed{Now: time.Now, store: store}
	f.stop, f.end = context.WithCancel(context.Background())
	return f
}

// Stop lets all who wait go, now and from now on, so that the server can stop.
func (f *Feed) Stop() { f.end() }

// Stopped reports whether nobody may wait any more.
func (f *Feed) Stopped() bool { return f.stop.Err() != nil }

// look is how often the end of the feed is looked at while somebody waits.
const look = 50 * time.Millisecond

// maxReads is how often one request reads on through what is not wanted.
const maxReads = 20

// Events returns what comes after the query's cursor. While there is nothing it waits
// for as long as wait says; then, and when ctx ends, the page is empty. It is empty
// too, and says that there is more, when much was passed by that is not wanted.
func (f *Feed) Events(ctx context.Context, q taskhook.FeedQuery, wait time.Duration) (taskhook.FeedPage, error) {
	end := time.Now().Add(wait)
	for reads := 1; ; reads++ {
		head, err := f.now(ctx)
		if err != nil {
			return taskhook.FeedPage{}, err
		}
		page, err := f.store.Feed(ctx, q)
		if err != nil || len(page.Events) > 0 || page.More && reads == maxReads {
			return page, err
		}
		q.After, q.FromStart = page.Next, false // nothing up to here was wanted
		if !page.More {
			if !f.await(ctx, head, end) {
				return page, nil
			}
			reads = 0
		}
	}
}

// await returns when something was published after head, and false when the time is
// over before.
func (f *Feed) await(ctx context.Context, head taskhook.Cursor, end time.Time) bool {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for time.Now().Before(end) {
		select {
		case <-ctx.Done():
			return false
		case <-f.stop.Done():
			return false
		case <-tick.C:
		}
		if now, err := f.now(ctx); err != nil || now > head {
			return true // an error is met again by who reads
		}
	}
	return false
}

// now returns the end of the feed as it was not long ago.
func (f *Feed) now(ctx context.Context) (taskhook.Cursor, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.read) < look/2 {
		return f.head, nil
	}
	head, err := f.store.FeedHead(ctx)
	if err == nil {
		f.head, f.read = head, time.Now()
	}
	return head, err
}

// End returns the cursor after which only what is yet to come follows.
func (f *Feed) End(ctx context.Context) (taskhook.Cursor, error) { return f.store.FeedHead(ctx) }

// Wanted returns the types that an endpoint of the account wants.
func (f *Feed) Wanted(ctx context.Context, account, endpoint string) ([]string, error) {
	e, err := f.endpoint(ctx, account, endpoint)
	return e.Events, err
}

// Sign returns the headers that an attempt to deliver the events to the endpoint would
// carry now.
func (f *Feed) Sign(ctx context.Context, account, endpoint string, events []taskhook.Event) ([]http.Header, error) {
	e, err := f.endpoint(ctx, account, endpoint)
	if err != nil {
		return nil, err
	}
	now := f.Now()
	primary, all := e.SigningSecrets(now)
	signer, err := webhook.NewSigner(primary, all)
	if err != nil {
		return nil, err
	}
	headers := make([]http.Header, len(events))
	for i := range events {
		headers[i] = http.Header{}
		signer.Sign(headers[i], events[i].ID, now, events[i].Body)
	}
	return headers, nil
}

func (f *Feed) endpoint(ctx context.Context, account, id string) (taskhook.Endpoint, error) {
	return find(ctx, f.store.Endpoint, noEndpoint, account, id)
}
