package dashboard

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/taskhook/taskhook"
)

// pageRows is how many rows a list shows at once.
const pageRows = 50

// pager leads from one part of a list to the next.
type pager struct {
	Shown int
	Total string // "128", "10000+"
	First string // link to the newest part, when this is not it
	Older string // link to the next part, when there is one
	// SearchedTo is where the search ended before all was looked through; else
	// zero.
	SearchedTo time.Time
}

// cursor returns where the part of a list begins that a request asks for.
func cursor(r *http.Request) string { return r.URL.Query().Get("after") }

// newPager returns the pager of a part; the links keep the filters.
func newPager[T any](r *http.Request, l taskhook.List[T]) pager {
	p := pager{Shown: len(l.Items), Total: total(l.Total), SearchedTo: l.SearchedTo}
	query := r.URL.Query()
	if cursor(r) != "" {
		p.First = withCursor(r.URL.Path, query, "")
	}
	if l.More {
		p.Older = withCursor(r.URL.Path, query, l.Next)
	}
	return p
}

func withCursor(path string, query url.Values, after string) string {
	query.Del("after")
	if after != "" {
		query.Set("after", after)
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// total writes a count, which is not exact from taskhook.MaxTotal on.
func total(n int) string {
	if n >= taskhook.MaxTotal {
		return strconv.Itoa(taskhook.MaxTotal) + "+"
	}
	return strconv.Itoa(n)
}
