package client

import (
	"net/url"
	"strconv"
	"time"
)

// Pagination is what a list says of its rest.
type Pagination struct {
	Cursor  string `json:"cursor,omitempty"` // asks for the next part; empty at the end
	HasMore bool   `json:"hasMore"`
	Total   int    `json:"total"` // of all that match, exact up to 10,000 and capped there
	// SearchedTo is set where the server stopped searching, after 20,000 entries:
	// the part may be short or empty, and the cursor goes on from there.
	SearchedTo time.Time `json:"searchedTo,omitzero"`
}

// Page is a part of a list, newest first.
type Page[T any] struct {
	Items []T
	Pagination
}

// PageQuery asks for a part of a list.
type PageQuery struct {
	Limit  int    // 1 to 100; 0 leaves it to the server
	Cursor string // of the part before, or empty
}

func (q PageQuery) values() url.Values {
	v := url.Values{}
	set(v, "cursor", q.Cursor)
	if q.Limit != 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	return v
}

// set adds a parameter that is not empty.
func set(v url.Values, name, value string) {
	if value != "" {
		v.Set(name, value)
	}
}

func setTime(v url.Values, name string, t time.Time) {
	if !t.IsZero() {
		v.Set(name, t.UTC().Format(time.RFC3339Nano))
	}
}
