package taskhook

// Cursor is a place in the feed of events: everything up to it was seen. 0 is the
// beginning.
type Cursor int64

// FeedQuery asks for events of one account, oldest first.
type FeedQuery struct {
	AccountID string
	After     Cursor
	FromStart bool     // if events after it are no longer kept, begin with the oldest
	Types     []string // as an endpoint wants them, such as "task.*"; empty: all
	Limit     int
}

// FeedPage is a piece of the feed.
type FeedPage struct {
	Events []Event
	Next   Cursor // where the next piece begins; never less than After
	More   bool   // there may be more already
}
