//go:build unix

package main

import (
	"context"
	"errors"

	"github.com/taskhook/taskhook/client"
)

// maxPage is how much a server hands out at once.
const maxPage = 100

// listFlags are those of every list.
type listFlags struct {
	Limit int  `default:"20" placeholder:"N" help:"How many to show, the newest first. Default: 20."`
	All   bool `help:"Show all."`
}

// list prints what fetch brings, page after page: as JSON at once, or else as a
// table when all is there.
func list[T any](ctx context.Context, r *remote, f listFlags, t *table, fetch func(context.Context, client.PageQuery) (client.Page[T], error), row func(T)) error {
	if f.Limit < 1 {
		return usageError{errors.New("--limit must be at least 1")}
	}
	shown, q := 0, client.PageQuery{}
	for {
		q.Limit = maxPage
		if !f.All {
			q.Limit = min(maxPage, f.Limit-shown)
		}
		page, err := fetch(ctx, q)
		if err != nil {
			return err
		}
		if err := each(r, page.Items, row); err != nil {
			return err
		}
		shown += len(page.Items)
		enough := !f.All && shown >= f.Limit
		if enough || !page.HasMore || page.Cursor == "" || page.Cursor == q.Cursor {
			return r.finish(t, shown, page.Pagination)
		}
		q.Cursor = page.Cursor
	}
}

// each prints items as JSON, or gives them to row.
func each[T any](r *remote, items []T, row func(T)) error {
	for _, item := range items {
		if !r.json {
			row(item)
		} else if err := writeJSON(r.out.w, item); err != nil {
			return err
		}
	}
	return nil
}

// finish ends a list.
func (r *remote) finish(t *table, shown int, p client.Pagination) error {
	if r.json {
		return nil
	}
	if shown == 0 {
		r.log.say("nothing found")
		return nil
	}
	if err := t.print(r.out); err != nil {
		return err
	}
	if p.HasMore {
		r.log.say("%d of %d shown; --all shows all, --limit more", shown, max(p.Total, shown))
	}
	return nil
}

// show prints one thing: as JSON, or else as a sheet says it.
func (r *remote) show(value any, describe func() *sheet) error {
	if r.json {
		return writeJSON(r.out.w, value)
	}
	return describe().print(r.out)
}
