package bench

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/pgserver"
	"github.com/taskhook/taskhook/internal/store"
)

// What can be measured on besides the URL of a PostgreSQL.
const (
	SQLite   = "sqlite"
	Postgres = "postgres" // a server of our own, on the disk that is measured
)

// database is what a scenario is measured on.
type database struct {
	name    string // SQLite or Postgres
	url     string // of PostgreSQL
	version string // of PostgreSQL
	server  *pgserver.Server
}

func (o Options) startDatabase(ctx context.Context) (db database, err error) {
	db.name, db.url = Postgres, o.Database
	switch o.Database {
	case SQLite:
		db.name, db.url = SQLite, ""
		return db, nil
	case Postgres:
		// As installed, where a commit is on disk when it is answered.
		if db.server, err = pgserver.Start(ctx, pgserver.Options{Folder: o.Data}); err != nil {
			return db, err
		}
		db.url = db.server.URL(pgserver.Admin, "postgres")
	}
	return db, nil
}

func (db *database) stop() error {
	if db.server == nil {
		return nil
	}
	return db.server.Stop()
}

// cpu is what the processes of a PostgreSQL of our own have used so far; ok is
// false for others.
func (db *database) cpu() (used time.Duration, ok bool) {
	if db.server == nil {
		return 0, false
	}
	pid, err := db.server.PID()
	if err != nil {
		return 0, false
	}
	return familyTime(pid)
}

// place is where servers keep what they are told.
type place struct {
	dir string // their data directory
	url string // of their database; empty: in dir
}

// newPlace makes one that goes with the round.
func (r *run) newPlace(ctx context.Context) (*place, error) {
	dir, err := os.MkdirTemp(r.dir, "data-")
	if err != nil {
		return nil, err
	}
	p := &place{dir: dir}
	if r.database.name == SQLite {
		return p, nil
	}
	schema, err := store.NewScratch(ctx, r.url, "taskhook_bench_"+strconv.FormatInt(time.Now().UnixNano(), 36), false)
	if err != nil {
		return nil, err
	}
	p.url, r.version = schema.URL, schema.Version
	r.undo = append(r.undo, func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := schema.Remove(ctx); err != nil {
			fmt.Fprintf(r.Log, "remove what was measured: %v\n", err)
		}
		schema.Close(ctx)
	})
	return p, nil
}

// within opens the database of a place, on which no server works, to do something.
func (p *place) within(ctx context.Context, do func(*store.Store) error) error {
	s, err := store.Open(ctx, store.Options{Dir: p.dir, URL: p.url, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if err := do(s); err != nil {
		s.Close()
		return err
	}
	return s.Close()
}

// verify looks into the database when the server has ended: of what was made since
// the round began, as many are delivered as should be, and none is owed.
func (p *place) verify(ctx context.Context, since time.Time, delivered, owed int) error {
	return p.within(ctx, func(s *store.Store) error {
		for state, want := range map[taskhook.DeliveryState]int{taskhook.DeliveryDelivered: delivered, taskhook.DeliveryPending: owed,
			taskhook.DeliveryFailed: 0, taskhook.DeliveryCancelled: 0} {
			got, err := s.Tally(ctx, since, state)
			if err != nil {
				return err
			}
			if got != want {
				return fmt.Errorf("%d deliveries are %s in the database, not %d", got, state, want)
			}
		}
		return nil
	})
}

// size is how many bytes the files below a directory take.
func size(dir string) (bytes int64) {
	filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil {
			if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
				bytes += info.Size()
			}
		}
		return nil
	})
	return bytes
}
