package modelhunter

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// The limits of the feed.
const (
	defaultFeedLimit = 100
	maxFeedLimit     = 500
	maxFeedWait      = 60 * time.Second
	fromNow          = "now" // in place of a cursor
)

// feed answers GET /events, an extension: the events of the account in their order.
func (f *Face) feed(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	q := queryOf(r)
	wait, webhook := q.wait("wait"), q.id("webhookId", taskhook.PrefixEndpoint)
	from, err := f.feedFrom(r, who, q, q.text("after"))
	if err != nil {
		return err
	}
	if webhook != "" && len(from.Types) == 0 {
		if from.Types, err = f.Feed.Wanted(r.Context(), who.AccountID, webhook); err != nil {
			return err
		}
	}
	page, err := f.Feed.Events(r.Context(), from, wait)
	if err != nil {
		return err
	}
	out := renderFeed(page)
	if webhook != "" {
		headers, err := f.Feed.Sign(r.Context(), who.AccountID, webhook, page.Events)
		if err != nil {
			return err
		}
		for i := range out.Events {
			out.Events[i].Headers = map[string]string{}
			for name := range headers[i] {
				out.Events[i].Headers[name] = headers[i].Get(name)
			}
		}
	}
	return f.writeData(w, r, http.StatusOK, out)
}

// feedFrom reads what is asked for, and from where on.
func (f *Face) feedFrom(r *http.Request, who taskhook.Identity, q *query, after string) (from taskhook.FeedQuery, err error) {
	from = taskhook.FeedQuery{AccountID: who.AccountID, Types: q.types("types"), After: q.cursor("after", after),
		FromStart: after == "",
		Limit:     q.number("limit", defaultFeedLimit, maxFeedLimit)}
	if q.err == nil && after == fromNow {
		from.After, err = f.Feed.End(r.Context())
		return from, err
	}
	return from, q.err
}

// The times of a stream: how long one look waits, and when the client is made to come
// again, which keeps its place.
const (
	streamLook = 10 * time.Second
	streamLife = 15 * time.Minute
)

// feedStream answers GET /events/stream, an extension: the feed as it grows, until the
// client goes or the server stops.
func (f *Face) feedStream(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	q := queryOf(r)
	from, err := f.feedFrom(r, who, q, cmp.Or(r.Header.Get("Last-Event-ID"), q.text("after")))
	if err != nil {
		return err
	}
	page, err := f.Feed.Events(r.Context(), from, 0)
	if err != nil {
		return err
	}
	out := httpserver.OpenStream(w)
	for end := time.Now().Add(streamLife); ; {
		if len(page.Events) > 0 {
			err = out.Send(renderStream(page)...)
		} else {
			err = out.Beat()
		}
		if err != nil || time.Now().After(end) || r.Context().Err() != nil || f.Feed.Stopped() {
			return nil // the client comes again, with the cursor of what it saw
		}
		from.After = page.Next
		if page, err = f.Feed.Events(r.Context(), from, streamLook); err != nil {
			return nil
		}
	}
}

func renderStream(page taskhook.FeedPage) []httpserver.StreamEvent {
	events := make([]httpserver.StreamEvent, len(page.Events))
	for i, e := range page.Events {
		events[i] = httpserver.StreamEvent{ID: renderCursor(taskhook.Cursor(e.Seq)), Type: e.Type, Data: e.Body}
	}
	return events
}

func renderFeed(page taskhook.FeedPage) client.FeedPage {
	out := client.FeedPage{Events: make([]client.FeedEvent, len(page.Events)), Next: renderCursor(page.Next), More: page.More}
	for i, e := range page.Events {
		out.Events[i] = client.FeedEvent{Cursor: renderCursor(taskhook.Cursor(e.Seq)), Event: e.Body}
	}
	return out
}

// renderCursor writes digits only: with letters a cursor would one day read as fromNow.
func renderCursor(c taskhook.Cursor) string { return strconv.FormatInt(int64(c), 10) }

// cursor reads a place in the feed; what is absent is its beginning.
func (q *query) cursor(name, text string) taskhook.Cursor {
	if text == "" || text == fromNow {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		q.fail(name, "%s must be a cursor that the feed answered with, or %s.", name, fromNow)
	}
	return taskhook.Cursor(n)
}

// types reads types of event, separated by commas.
func (q *query) types(name string) (types []string) {
	for _, part := range strings.Split(q.text(name), ",") {
		if part = strings.TrimSpace(part); part != "" {
			types = append(types, part)
		}
	}
	return types
}

// wait reads how long to wait, as 30s or a number of seconds.
func (q *query) wait(name string) time.Duration {
	text := q.text(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if seconds, numErr := strconv.Atoi(text); numErr == nil {
		d, err = time.Duration(seconds)*time.Second, nil
	}
	if err != nil || d < 0 || d > maxFeedWait {
		q.fail(name, "%s must be a time from 0s to %s, such as 30s.", name, maxFeedWait)
	}
	return d
}
