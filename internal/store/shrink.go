package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"
)

// The database file gives pages that nothing uses back in steps, once there are more
// than a part of it, and more than a few: they are used again sooner than a new part of
// the file is written.
const (
	shrinkStep  = 256       // pages, of 4 KB
	spareParts  = 8         // what is kept, as a part of the file
	sparePages  = 4096      // and at least
	rewritten   = 128 << 20 // bytes of the largest file that is written anew to forget
	scrubTries  = 50        // of emptying the log, while readers are in it
	scrubPause  = 20 * time.Millisecond
	vacuumAfter = `VACUUM tasks, runs, artifacts, contents, files, events, deliveries, attempts, executions, execution_steps, endpoints, keys, accounts, buckets, erasures`
)

// Shrink gives some of the space back that removed rows have left, and returns how many
// pages that were; 0: the rest will be used again. PostgreSQL sees to that itself.
func (s *Store) Shrink(ctx context.Context) (pages int64, err error) { return s.shrink(ctx, false) }

func (s *Store) shrink(ctx context.Context, all bool) (pages int64, err error) {
	if _, ok := s.db.(*sqliteDB); !ok {
		return 0, nil
	}
	err = s.update(ctx, s.kinds.remove, func(ctx context.Context, t tx) error {
		pages = 0
		free, _, err := first(ctx, t, scanInto[int64], `PRAGMA freelist_count`)
		if err != nil {
			return err
		}
		count, _, err := first(ctx, t, scanInto[int64], `PRAGMA page_count`)
		if err != nil || free == 0 || !all && free <= max(sparePages, count/spareParts) {
			return err
		}
		// It gives a page back with each row that is read.
		given, err := collect(ctx, t, func(scanner) (struct{}, error) { return struct{}{}, nil }, fmt.Sprintf(`PRAGMA incremental_vacuum(%d)`, shrinkStep))
		pages = max(int64(len(given)), min(free, shrinkStep))
		return err
	})
	return pages, err
}

// Scrub makes the database forget what was deleted, as far as it can. SQLite writes its
// file anew, for a page that shared its rows with another keeps copies of some in the
// space between. A larger file only gives back all pages that nothing uses, since
// nothing else is written meanwhile. Then it empties its log. PostgreSQL frees the space
// of deleted rows.
func (s *Store) Scrub(ctx context.Context) error {
	if db, ok := s.db.(*postgresDB); ok {
		_, err := db.pool.Exec(ctx, vacuumAfter)
		return translatePostgres(err)
	}
	if err := s.db.(*sqliteDB).rewrite(ctx, rewritten); err != nil {
		return err
	}
	for {
		if pages, err := s.shrink(ctx, true); err != nil || pages == 0 {
			if err != nil {
				return err
			}
			break
		}
	}
	for try := 1; ; try++ {
		busy, _, err := first(ctx, s.db, func(r scanner) (busy int, err error) {
			var log, moved int
			err = r.Scan(&busy, &log, &moved)
			return busy, err
		}, `PRAGMA wal_checkpoint(TRUNCATE)`)
		if err != nil || busy == 0 {
			return err
		}
		if try == scrubTries {
			return fmt.Errorf("empty the log of the database: it is in use")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(scrubPause):
		}
	}
}

// rewrite writes the file anew if it has at most limit bytes, which are held in memory.
func (db *sqliteDB) rewrite(ctx context.Context, limit int64) error {
	switch file, err := os.Stat(db.path); {
	case err != nil:
		return fmt.Errorf("measure the database: %w", err)
	case file.Size() > limit:
		return nil
	}
	alone, err := sql.Open("sqlite", dataSource(db.path, "synchronous(FULL)"))
	if err != nil {
		return err
	}
	defer alone.Close()
	_, err = alone.ExecContext(ctx, "VACUUM")
	return translate(err)
}
