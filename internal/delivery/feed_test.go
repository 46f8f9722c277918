package delivery

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/webhook"
)

// TestFeedShowsEachEventOnce holds it for a consumer that starts anew from its cursor
// all the time, while many publish.
func TestFeedShowsEachEventOnce(t *testing.T) {
	inHouse(t, func(h *house) {
		feed := NewFeed(h.store)
		var publishers sync.WaitGroup
		for range 5 {
			publishers.Go(func() {
				for range 40 {
					h.publishMany(3, 1)
					pause := time.NewTimer(7 * time.Millisecond)
					<-pause.C
				}
			})
		}
		seen, after := map[string]bool{}, taskhook.Cursor(0)
		for len(seen) < 600 {
			page, err := feed.Events(h.Context(), taskhook.FeedQuery{AccountID: account, After: after, Limit: 7}, time.Minute)
			if err != nil || len(page.Events) == 0 {
				t.Fatalf("after %d events the feed answers %+v, %v", len(seen), page, err)
			}
			for _, e := range page.Events {
				if seen[e.ID] || taskhook.Cursor(e.Seq) <= after {
					t.Fatalf("%s at %d comes again after %d", e.ID, e.Seq, after)
				}
				seen[e.ID], after = true, taskhook.Cursor(e.Seq)
			}
			if after != page.Next {
				t.Fatalf("the page of %d ends at %d", after, page.Next)
			}
		}
		publishers.Wait()
	})
}

func TestFeedWaits(t *testing.T) {
	inHouse(t, func(h *house) {
		feed := NewFeed(h.store)
		read := func(types string, wait time.Duration) string {
			start := time.Now()
			page, err := feed.Events(h.Context(), taskhook.FeedQuery{AccountID: account, Types: []string{types}, Limit: 10}, wait)
			if err != nil {
				t.Error(err)
			}
			return fmt.Sprintf("%d after %s", len(page.Events), time.Since(start))
		}
		if got := read("*", 0); got != "0 after 0s" {
			t.Errorf("an empty feed: %s", got)
		}
		if got := read("*", 10*time.Second); got != "0 after 10s" {
			t.Errorf("an empty feed, waited for: %s", got)
		}
		var got [2]string
		var readers sync.WaitGroup
		for i, types := range []string{"order.*", "other.*"} {
			readers.Go(func() { got[i] = read(types, 30*time.Second) })
		}
		pass(4990 * time.Millisecond)
		h.publishMany(2, 1)
		readers.Wait()
		if want := [2]string{"2 after 5s", "0 after 30s"}; got != want {
			t.Errorf("waiting for what is wanted and what is not: %q", got)
		}
		readers.Go(func() { got[0] = read("other.*", time.Minute) })
		pass(time.Second)
		feed.Stop()
		synctest.Wait()
		readers.Wait()
		if got[0] != "0 after 1s" {
			t.Errorf("stopped: %s", got[0])
		}
	})
}

// longFeed is a feed without end of what is not wanted.
type longFeed struct {
	FeedStore
	reads int
}

func (l *longFeed) Feed(_ context.Context, q taskhook.FeedQuery) (taskhook.FeedPage, error) {
	l.reads++
	return taskhook.FeedPage{Next: q.After + 1000, More: true}, nil
}

func (l *longFeed) FeedHead(context.Context) (taskhook.Cursor, error) { return 1 << 40, nil }

// TestFeedReadsNoWholeHistory holds that a request ends before it has searched all of a
// long history, at a place to go on from.
func TestFeedReadsNoWholeHistory(t *testing.T) {
	t.Parallel()
	long := &longFeed{}
	page, err := NewFeed(long).Events(t.Context(), taskhook.FeedQuery{AccountID: account, Types: []string{"no.such"}, Limit: 1}, time.Minute)
	if err != nil || !page.More || page.Next != 20_000 || long.reads != maxReads {
		t.Errorf("after %d reads the page is %+v, %v", long.reads, page, err)
	}
}

func TestFeedSigns(t *testing.T) {
	inHouse(t, func(h *house) {
		e := h.endpoint()
		h.publish()
		feed := NewFeed(h.store)
		types, err := feed.Wanted(h.Context(), account, e.ID)
		if err != nil || !slices.Equal(types, e.Events) {
			t.Errorf("it wants %q, %v", types, err)
		}
		page, err := feed.Events(h.Context(), taskhook.FeedQuery{AccountID: account, Limit: 10}, 0)
		if err != nil || len(page.Events) != 1 {
			t.Fatalf("the feed answers %+v, %v", page, err)
		}
		headers, err := feed.Sign(h.Context(), account, e.ID, page.Events)
		if err != nil {
			t.Fatal(err)
		}
		v, err := webhook.NewVerifier(e.Secrets[0].Text)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Verify(headers[0], page.Events[0].Body, time.Now()); err != nil {
			t.Error(err)
		}
		if _, err := feed.Sign(h.Context(), "acc_b", e.ID, page.Events); taskhook.ErrorCode(err) != taskhook.CodeNotFound {
			t.Errorf("for a foreign webhook: %v", err)
		}
	})
}
