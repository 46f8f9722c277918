package taskhook

import "time"

// Page asks for a part of a list: at most Limit rows after Cursor.
type Page struct {
	Limit  int    // 1 to 100
	Cursor string // the id of the last row seen, or empty for the first page
}

// MaxTotal is the count up to which totals are exact.
const MaxTotal = 10_000

// List is a part of a list.
type List[T any] struct {
	Items []T
	More  bool   // rows follow
	Next  string // the cursor of the next part, when More
	Total int    // of all rows that match, at most MaxTotal
	// SearchedTo is when the oldest row was made that was looked at, where the
	// search ended there with more to look through; else zero. Total counts no
	// further back than the first part of such a search.
	SearchedTo time.Time
}
