package storetest

import (
	"fmt"
	"testing"

	"github.com/taskhook/taskhook"
)

func feedTests() []test {
	return []test{
		{"the feed has an account's events in their order", testFeed},
		{"the feed leaves out types and goes on", testFeedTypes},
	}
}

// feed reads an account's feed to its end, in pages.
func (f *fixture) feed(q taskhook.FeedQuery) (types []string) {
	f.t.Helper()
	for {
		page, err := f.Store.Feed(f.ctx, q)
		f.ok(err)
		for _, e := range page.Events {
			if taskhook.Cursor(e.Seq) <= q.After || taskhook.Cursor(e.Seq) > page.Next || e.AccountID != q.AccountID {
				f.t.Fatalf("%+v comes after %d and before %d", e, q.After, page.Next)
			}
			types = append(types, e.Type)
		}
		if len(page.Events) > q.Limit || page.More && page.Next == q.After {
			f.t.Fatalf("a page of %d events ends at %d", len(page.Events), page.Next)
		}
		if q.After = page.Next; !page.More {
			return types
		}
	}
}

func testFeed(t *testing.T, f *fixture) {
	account, other := f.account(), f.account()
	equal(t, "an empty feed", len(f.feed(taskhook.FeedQuery{AccountID: account, Limit: 2})), 0)
	var want []string
	for i := range 9 {
		kind := fmt.Sprintf("a.b%d", i)
		f.publish(account, kind)
		f.publish(other, "other.one")
		want = append(want, kind)
	}
	for _, limit := range []int{1, 2, 9, 10} {
		deepEqual(t, "feed", f.feed(taskhook.FeedQuery{AccountID: account, Limit: limit}), want)
	}
	page, err := f.Store.Feed(f.ctx, taskhook.FeedQuery{AccountID: account, Limit: 4})
	f.ok(err)
	deepEqual(t, "what follows", f.feed(taskhook.FeedQuery{AccountID: account, After: page.Next, Limit: 100}), want[4:])
	made := newEvent(account, "made.up", f.now)
	made.Event.Test = true
	f.ok(f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Events: []taskhook.NewEvent{made}}))
	deepEqual(t, "feed without tests", f.feed(taskhook.FeedQuery{AccountID: account, Limit: 2}), want)
	head, err := f.Store.FeedHead(f.ctx)
	f.ok(err)
	equal(t, "head", head, 19)
	equal(t, "after the end", len(f.feed(taskhook.FeedQuery{AccountID: account, After: head, Limit: 2})), 0)
}

func testFeedTypes(t *testing.T, f *fixture) {
	account := f.account()
	for _, kind := range []string{"a.b", "c.d", "a.e", "c.f", "c.g", "a.b"} {
		f.publish(account, kind)
	}
	for _, limit := range []int{1, 2, 100} {
		deepEqual(t, "wanted", f.feed(taskhook.FeedQuery{AccountID: account, Types: []string{"a.*", "c.g"}, Limit: limit}), []string{"a.b", "a.e", "c.g", "a.b"})
	}
	page, err := f.Store.Feed(f.ctx, taskhook.FeedQuery{AccountID: account, Types: []string{"x.y"}, Limit: 1})
	f.ok(err)
	equal(t, "unwanted events", len(page.Events), 0)
	equal(t, "are passed by", page.Next, 6)
}
