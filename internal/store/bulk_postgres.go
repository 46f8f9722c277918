package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// postgresBulk is written for PostgreSQL: rows come as an array for each column, so
// that there is one text for any number of them.
var postgresBulk = makePostgresBulk()

func makePostgresBulk() (all [len(bulkColumns)]string) {
	for b := range all {
		all[b] = postgresText(bulk(b), unnest(bulk(b)))
	}
	return all
}

func postgresText(b bulk, rows string) string {
	if i, ok := insertionOf(b, `greatest(excluded.success_at, h.success_at)`); ok {
		return `INSERT` + i.into + `SELECT * FROM ` + rows + i.after
	}
	v := rows + ` AS v (` + strings.Join(given[b], ", ") + `)`
	if text := selection(b, v); text != "" {
		return text
	}
	return `UPDATE` + change(b, v)
}

// unnest makes rows of the arrays.
func unnest(b bulk) string {
	var columns []string
	for i, letter := range bulkColumns[b] {
		columns = append(columns, fmt.Sprintf("$%d::%s[]", i+1, map[rune]string{'i': "bigint", 't': "text", 'b': "bytea"}[letter]))
	}
	return "unnest(" + strings.Join(columns, ", ") + ")"
}

func (t *postgresTx) many(ctx context.Context, take takeFunc, b bulk, args []any) error {
	if len(args) == 0 {
		return nil
	}
	columns, err := transpose(bulkColumns[b], args)
	if err != nil {
		return err
	}
	return t.send(ctx, take, postgresBulk[b], columns...)
}

// transpose turns rows into an array for each column.
func transpose(letters string, args []any) ([]any, error) {
	columns := make([]any, len(letters))
	n := len(args) / len(letters)
	for c, letter := range letters {
		var err error
		switch letter {
		case 'i':
			columns[c], err = column(args, c, n, len(letters), asInteger)
		case 't':
			columns[c], err = column(args, c, n, len(letters), asText)
		default:
			columns[c], err = column(args, c, n, len(letters), asBytes)
		}
		if err != nil {
			return nil, fmt.Errorf("column %d: %w", c+1, err)
		}
	}
	return columns, nil
}

func column[T any](args []any, c, rows, width int, convert func(any) (T, bool)) ([]T, error) {
	list := make([]T, rows)
	for row := range list {
		arg := args[row*width+c]
		var ok bool
		if list[row], ok = convert(arg); !ok {
			return nil, fmt.Errorf("row %d has a %T", row+1, arg)
		}
	}
	return list, nil
}

func asInteger(arg any) (pgtype.Int8, bool) {
	switch v := arg.(type) {
	case nil:
		return pgtype.Int8{}, true
	case int:
		return pgtype.Int8{Int64: int64(v), Valid: true}, true
	case int64:
		return pgtype.Int8{Int64: v, Valid: true}, true
	}
	return pgtype.Int8{}, false
}

func asText(arg any) (string, bool) {
	v, ok := arg.(string)
	return storableText(v), ok
}

func asBytes(arg any) ([]byte, bool) {
	v, ok := arg.([]byte)
	return v, ok || arg == nil
}
