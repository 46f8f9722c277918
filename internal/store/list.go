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
	var b strings.Builder
	n := len(c.args)
	for _, r := range part {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
	}
	c.parts = append(c.parts, b.String())
	c.args = append(c.args, args...)
}

func (c *conditions) addIf(wanted bool, part string, args ...any) {
	if wanted {
		c.add(part, args...)
	}
}

// clone returns conditions that can be added to apart.
func (c conditions) clone() conditions {
	return conditions{append([]string(nil), c.parts...), append([]any(nil), c.args...)}
}

func (c *conditions) text() string { return " WHERE " + strings.Join(c.parts, " AND ") }

// listing describes a list of rows, newest first by id.
type listing[T any] struct {
	columns, from, id string
	where             conditions
	page              taskhook.Page
	scan              func(scanner) (T, error)
	cursor            func(T) string
}

// list reads one page and counts all rows that match, up to taskhook.MaxTotal.
func list[T any](ctx context.Context, r reader, l listing[T]) (taskhook.List[T], error) {
	var out taskhook.List[T]
	count := fmt.Sprintf(`SELECT count(*) FROM (SELECT 1%s%s LIMIT %d) AS counted`, l.from, l.where.text(), taskhook.MaxTotal)
	total, _, err := first(ctx, r, scanInto[int], count, l.where.args...)
	if err != nil {
		return out, err
	}
	where := l.where.clone()
	where.addIf(l.page.Cursor != "", l.id+" < ?", l.page.Cursor)
	query := fmt.Sprintf(`SELECT %s%s%s ORDER BY %s DESC LIMIT $%d`, l.columns, l.from, where.text(), l.id, len(where.args)+1)
	items, err := collect(ctx, r, l.scan, query, append(where.args, l.page.Limit+1)...)
	if err != nil {
		return out, err
	}
	out.Items, out.Total = items, total
	if len(items) > l.page.Limit {
		out.Items, out.More = items[:l.page.Limit], true
		out.Next = l.cursor(out.Items[l.page.Limit-1])
	}
	return out, nil
}
