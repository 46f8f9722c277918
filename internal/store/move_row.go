package store

import (
	"fmt"
	"strconv"
)

// movedRow reads rows of a table, from either database, in the form that they have
// in the target.
type movedRow struct {
	table  *movedTable
	from   rows
	values []any // int64, string, []byte or nil
	into   []any
	err    error
}

func newMovedRow(t *movedTable, from rows) *movedRow {
	r := &movedRow{table: t, from: from, values: make([]any, len(t.columns)), into: make([]any, len(t.columns))}
	for i := range r.values {
		r.into[i] = &r.values[i]
	}
	return r
}

// next reads a row; false: there was none, or err says why.
func (r *movedRow) next() bool {
	if r.err != nil || !r.from.Next() {
		if r.err == nil {
			r.err = r.from.Err()
		}
		return false
	}
	if r.err = r.from.Scan(r.into...); r.err != nil {
		return false
	}
	for i, c := range r.table.columns {
		if r.values[i], r.err = c.moved(r.values[i]); r.err != nil {
			r.err = fmt.Errorf("read %s.%s: %w", r.table.name, c.name, r.err)
			return false
		}
	}
	return true
}

// key is the primary key of the row, as texts.
func (r *movedRow) key() []string {
	texts := make([]string, len(r.table.key))
	for i, k := range r.table.key {
		switch v := r.values[k].(type) {
		case int64:
			texts[i] = strconv.FormatInt(v, 10)
		case string:
			texts[i] = v
		}
	}
	return texts
}

// moved is a value as the target keeps it. SQLite keeps what it was given: bytes in
// columns of text, and the other way round.
func (c *movedColumn) moved(v any) (any, error) {
	if v == nil || c.owner {
		return nil, nil
	}
	switch c.kind {
	case kindText:
		switch v := v.(type) {
		case string:
			return storableText(v), nil
		case []byte:
			return storableText(string(v)), nil
		}
	case kindBytes:
		switch v := v.(type) {
		case string:
			return []byte(v), nil
		case []byte:
			if v == nil { // nothing, which is not NULL
				v = []byte{}
			}
			return v, nil
		}
	case kindNumber:
		switch v := v.(type) {
		case int64:
			return v, nil
		case int32:
			return int64(v), nil
		case int16:
			return int64(v), nil
		}
	}
	return nil, fmt.Errorf("a value is %T", v)
}
