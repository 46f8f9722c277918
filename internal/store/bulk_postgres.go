package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// postgresBulk is written for PostgreSQL: rows come as an array for each column, so
// that there is one text for any number of them.
var postgresBulk = [len(bulkColumns)]string{
	eventRows:    `INSERT` + intoEvents + `SELECT * FROM ` + unnest(eventRows),
	deliveryRows: `INSERT` + intoDeliveries + `SELECT * FROM ` + unnest(deliveryRows),
	attemptRows:  `INSERT` + intoAttempts + `SELECT * FROM ` + unnest(attemptRows),
	taskRows:     `INSERT` + intoTasks + `SELECT * FROM ` + unnest(taskRows),
	runRows:      `INSERT` + intoRuns + `SELECT * FROM ` + unnest(runRows),
	countRows:    `INSERT` + intoCounts + `SELECT * FROM ` + unnest(countRows) + addCounts,
	healthRows:   `INSERT` + intoHealth + `SELECT * FROM ` + unnest(healthRows) + addHealth(`greatest(excluded.success_at, h.success_at)`),
	resultRows: `UPDATE deliveries SET claim = 0, state = v.state, attempts = v.attempts, last_error = v.last_error,
		due_at = v.due_at, finished_at = v.finished_at, last_class = v.last_class
		FROM ` + unnest(resultRows) + ` AS v (id, claim, state, attempts, last_error, due_at, finished_at, last_class)
		WHERE deliveries.id = v.id AND deliveries.state = 'pending' AND deliveries.claim = v.claim
			AND deliveries.attempts = v.attempts - 1
		RETURNING deliveries.id`,
}

// unnest makes rows of the arrays.
func unnest(b bulk) string {
	var columns []string
	for i, letter := range bulkColumns[b] {
		columns = append(columns, fmt.Sprintf("$%d::%s[]", i+1, map[rune]string{'i': "bigint", 't': "text", 'b': "bytea"}[letter]))
	}
	return "unnest(" + strings.Join(columns, ", ") + ")"
}

func (t *postgresTx) many(ctx context.Context, b bulk, args []any) (ids []string, err error) {
	if len(args) == 0 {
		return nil, nil
	}
	columns, err := transpose(bulkColumns[b], args)
	if err != nil {
		return nil, err
	}
	return collect(ctx, t, scanInto[string], postgresBulk[b], columns...)
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
