package store_test

import (
	"database/sql"
	"slices"
	"testing"

	"github.com/taskhook/taskhook/internal/store/storetest"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
)

// TestSchemasAgree holds the migrations of both databases to the same tables,
// columns and indexes.
func TestSchemasAgree(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	lite, post := openSQLite(t, storetest.Options{}).Raw, openPostgres(t, storetest.Options{}).Raw
	for what, queries := range map[string][2]string{
		"columns": {
			`SELECT m.name || '.' || c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`,
			`SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'`,
		},
		"columns that are always set": {
			`SELECT m.name || '.' || c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c."notnull" = 1 AND c.pk = 0 AND m.name NOT LIKE 'sqlite_%'`,
			`SELECT table_name || '.' || column_name FROM information_schema.columns AS c WHERE table_schema = 'public' AND is_nullable = 'NO'
				AND NOT EXISTS (SELECT 1 FROM information_schema.key_column_usage AS k JOIN information_schema.table_constraints AS p USING (constraint_name)
				WHERE p.constraint_type = 'PRIMARY KEY' AND k.table_name = c.table_name AND k.column_name = c.column_name)`,
		},
		"indexes": {
			`SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`,
			`SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%\_pkey' AND indexname NOT LIKE '%\_key'`,
		},
	} {
		here, there := texts(t, lite, queries[0]), texts(t, post, queries[1])
		if len(here) == 0 {
			t.Errorf("%s: there are none", what)
		}
		for _, name := range here {
			if !slices.Contains(there, name) {
				t.Errorf("%s: PostgreSQL lacks %s", what, name)
			}
		}
		for _, name := range there {
			if !slices.Contains(here, name) {
				t.Errorf("%s: SQLite lacks %s", what, name)
			}
		}
	}
}

// TestTextSortsByteByByte looks for text in indexes that sorts as people do.
func TestTextSortsByteByByte(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	for _, name := range texts(t, openPostgres(t, storetest.Options{}).Raw, `SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
		JOIN pg_namespace n ON n.oid = i.relnamespace AND n.nspname = 'public' AND i.relname <> 'migrations_pkey' CROSS JOIN unnest(x.indcollation) AS c
		WHERE c NOT IN (0, (SELECT oid FROM pg_collation WHERE collname = 'C'))`) {
		t.Errorf("%s has a column without the collation C", name)
	}
}

func texts(t *testing.T, db *sql.DB, query string) (list []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		list = append(list, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}
