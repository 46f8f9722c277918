package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/taskhook/taskhook"
)

// conditions gathers the parts of a WHERE clause with their arguments.
type conditions struct {
	parts []string
	args  []any
}

// add adds a condition; each ? in it stands for one argument.
func (c *conditions) add(part string, args ...any) {
	c.parts = append(c.parts, part)
	c.args = append(c.args, args...)
}

func (c *conditions) addIf(wanted bool, part string, args ...any) {
	if wanted {
		c.add(part, args...)
	}
}

// and returns the conditions of both.
func (c conditions) and(more conditions) conditions {
	return conditions{append(c.parts[:len(c.parts):len(c.parts)], more.parts...), append(c.args[:len(c.args):len(c.args)], more.args...)}
}

// text is the WHERE clause, with numbers for its ?.
func (c *conditions) text() string { return numbered(c.plain()) }

// plain is the WHERE clause as a part of a statement that is yet to be numbered.
func (c *conditions) plain() string { return " WHERE " + strings.Join(c.parts, " AND ") }

// numbered returns a statement with $1, $2 … for its ?.
func numbered(statement string) string {
	var b strings.Builder
	n := 0
	for _, r := range statement {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
	}
	return b.String()
}

// listing describes a list of rows, newest first by id.
type listing[T any] struct {
	columns, from, id string
	joins             string     // for columns: rows that are only counted or searched need none
	scope             conditions // an index leads to the rows of the scope
	filter            conditions // each of them must be read for the filter
	page              taskhook.Page
	scan              func(scanner) (T, error)
	cursor            func(T) string
}

// maxSearch is how many rows of the scope one request filters.
const maxSearch = 20_000

// list reads one page and counts what matches, up to taskhook.MaxTotal. With a
// filter it looks no further than maxSearch rows, from the newest for the count
// and from the cursor for the page, which may have fewer rows than asked for, even
// none, and More that follow.
func list[T any](ctx context.Context, r reader, l listing[T]) (out taskhook.List[T], err error) {
	counted, err := l.within(ctx, r, l.scope)
	if err != nil {
		return out, err
	}
	page := counted
	if l.page.Cursor != "" {
		rest := l.scope.and(conditions{[]string{l.id + " < ?"}, []any{l.page.Cursor}})
		if page, err = l.within(ctx, r, rest); err != nil {
			return out, err
		}
	}
	query := fmt.Sprintf(`SELECT %s%s%s%s ORDER BY %s DESC LIMIT $%d`, l.columns, l.from, l.joins, page.where.text(), l.id, len(page.where.args)+1)
	out.Items, err = collect(ctx, r, l.scan, query, append(page.where.args, l.page.Limit+1)...)
	if err != nil {
		return out, err
	}
	if out.Total = len(out.Items); l.page.Cursor != "" || out.Total > l.page.Limit { // else it has all that match
		count := fmt.Sprintf(`SELECT count(*) FROM (SELECT 1%s%s LIMIT %d) AS counted`, l.from, counted.where.text(), taskhook.MaxTotal)
		if out.Total, _, err = first(ctx, r, scanInto[int], count, counted.where.args...); err != nil {
			return out, err
		}
	}
	switch {
	case len(out.Items) > l.page.Limit:
		out.Items, out.More = out.Items[:l.page.Limit], true
		out.Next = l.cursor(out.Items[l.page.Limit-1])
	case page.horizon != "":
		prefix, _, _ := strings.Cut(page.horizon, "_")
		out.More, out.Next, out.SearchedTo = true, page.horizon, taskhook.IDTime(prefix+"_", page.horizon)
	}
	return out, nil
}

// searched is the part of a scope that one request looks through.
type searched struct {
	where   conditions
	horizon string // the oldest id; empty: all of the scope
}

func (l *listing[T]) within(ctx context.Context, r reader, scope conditions) (s searched, err error) {
	s.where = scope.and(l.filter)
	if len(l.filter.parts) == 0 {
		return s, nil
	}
	s.horizon, _, err = first(ctx, r, scanInto[string], fmt.Sprintf(`SELECT %s%s%s ORDER BY %s DESC LIMIT 1 OFFSET %d`,
		l.id, l.from, scope.text(), l.id, maxSearch-1), scope.args...)
	if s.horizon != "" {
		s.where.add(l.id+" >= ?", s.horizon)
	}
	return s, err
}
