package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// movedTable is a table as the schemas describe it: nobody lists what is moved.
type movedTable struct {
	name    string
	columns []movedColumn
	key     []int    // the columns of its primary key, in its order
	refers  []string // to these tables
}

// movedColumn is a column of one.
type movedColumn struct {
	name    string
	kind    columnKind
	counted bool // the database numbers its rows
	owner   bool // it names a node, which is gone: it is moved as NULL
}

// columnKind is what the values of a column are on both databases.
type columnKind int

const (
	kindText columnKind = iota + 1
	kindBytes
	kindNumber
)

// kindOf knows the types that the schema of PostgreSQL uses; 0: another.
func kindOf(dataType string) columnKind {
	switch dataType {
	case "text":
		return kindText
	case "bytea":
		return kindBytes
	case "smallint", "integer", "bigint":
		return kindNumber
	}
	return 0
}

// The tables that are not moved: each database has migrations of its own, and no
// process outlives the move.
const (
	migrationsTable = "migrations"
	nodesTable      = "nodes"
)

// sourceTables reads the tables of a database of SQLite, those that are referred to
// first.
func sourceTables(ctx context.Context, source *sqliteDB) ([]*movedTable, error) {
	type column struct {
		table, name string
		key         int
	}
	columns, err := collect(ctx, source, func(r scanner) (c column, err error) {
		err = r.Scan(&c.table, &c.name, &c.key)
		return c, err
	}, `SELECT m.name, c.name, c.pk FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid`)
	if err != nil {
		return nil, err
	}
	var tables []*movedTable
	for _, c := range columns {
		if c.table == migrationsTable || c.table == nodesTable {
			continue
		}
		if len(tables) == 0 || tables[len(tables)-1].name != c.table {
			tables = append(tables, &movedTable{name: c.table})
		}
		t := tables[len(tables)-1]
		t.columns = append(t.columns, movedColumn{name: c.name})
		for len(t.key) < c.key {
			t.key = append(t.key, 0)
		}
		if c.key > 0 {
			t.key[c.key-1] = len(t.columns) - 1
		}
	}
	for _, t := range tables {
		if len(t.key) == 0 {
			return nil, fmt.Errorf("the table %s has no primary key to move it by", t.name)
		}
	}
	if err := readReferences(ctx, source, tables); err != nil {
		return nil, err
	}
	return inOrder(tables), nil
}

func readReferences(ctx context.Context, source *sqliteDB, tables []*movedTable) error {
	type reference struct{ table, to, column string }
	found, err := collect(ctx, source, func(r scanner) (f reference, err error) {
		err = r.Scan(&f.table, &f.to, &f.column)
		return f, err
	}, `SELECT m.name, f."table", f."from" FROM sqlite_schema AS m JOIN pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table'`)
	if err != nil {
		return err
	}
	for _, f := range found {
		t := tables[slices.IndexFunc(tables, func(t *movedTable) bool { return t.name == f.table })]
		if f.to != nodesTable {
			t.refers = append(t.refers, f.to)
			continue
		}
		for i := range t.columns {
			t.columns[i].owner = t.columns[i].owner || t.columns[i].name == f.column
		}
	}
	return nil
}

// inOrder puts tables behind those that they refer to.
func inOrder(tables []*movedTable) (ordered []*movedTable) {
	for len(ordered) < len(tables) {
		before := len(ordered)
		for _, t := range tables {
			waits := func(name string) bool {
				return name != t.name && !slices.ContainsFunc(ordered, func(o *movedTable) bool { return o.name == name })
			}
			if !slices.Contains(ordered, t) && !slices.ContainsFunc(t.refers, waits) {
				ordered = append(ordered, t)
			}
		}
		if len(ordered) == before {
			return append(ordered, tables...) // they refer to each other, which PostgreSQL will tell
		}
	}
	return ordered
}

// matchTarget learns the types of all columns from the target, which must have the
// same ones.
func (m *Move) matchTarget(ctx context.Context) error {
	type column struct {
		table, name, dataType string
		counted               bool
	}
	found, err := collect(ctx, m.target, func(r scanner) (c column, err error) {
		err = r.Scan(&c.table, &c.name, &c.dataType, &c.counted)
		return c, err
	}, `SELECT table_name, column_name, data_type, is_identity = 'YES' FROM information_schema.columns WHERE table_schema = current_schema()`)
	if err != nil {
		return fmt.Errorf("read the schema of the database: %w", err)
	}
	for _, t := range m.tables {
		for i := range t.columns {
			c := &t.columns[i]
			at := slices.IndexFunc(found, func(f column) bool { return f.table == t.name && f.name == c.name })
			if at < 0 {
				return fmt.Errorf("the database has no column %s.%s", t.name, c.name)
			}
			c.counted = found[at].counted
			if c.kind = kindOf(found[at].dataType); c.kind == 0 {
				return fmt.Errorf("%s.%s is of the type %s, which is not known here", t.name, c.name, found[at].dataType)
			}
		}
	}
	return nil
}

// quoted is a name as both databases take it.
func quotedName(name string) string { return `"` + name + `"` }

// list is the names of the columns.
func (t *movedTable) list() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = quotedName(c.name)
	}
	return strings.Join(names, ", ")
}

// keyList is the names of its primary key.
func (t *movedTable) keyList() string {
	names := make([]string, len(t.key))
	for i, k := range t.key {
		names[i] = quotedName(t.columns[k].name)
	}
	return strings.Join(names, ", ")
}

// rest reads the rows after the one with the key, in the order of keys; all, when
// it is empty.
func (t *movedTable) rest(after []string) (query string, args []any, err error) {
	query = `SELECT ` + t.list() + ` FROM ` + quotedName(t.name)
	if len(after) > 0 {
		query += ` WHERE (` + t.keyList() + `) > (` + marks(1, len(after)) + `)`
	}
	for i, text := range after {
		var arg any = text
		if t.columns[t.key[i]].kind == kindNumber {
			if arg, err = strconv.ParseInt(text, 10, 64); err != nil {
				return "", nil, fmt.Errorf("go on with %s: %w", t.name, err)
			}
		}
		args = append(args, arg)
	}
	return query + ` ORDER BY ` + t.keyList(), args, nil
}
