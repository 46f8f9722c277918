// Package store owns all SQL. Its methods are use cases, one transaction each:
// what a method reports as done is durable. It makes ids for nothing and reads no
// clock: ids are made by its callers and now is handed in, so that a write whose
// outcome is unknown can be repeated.
//
// Writes of all callers share commits (see committer). Ordinary statements are
// one text for every database behind the seam of tx and reader; opening, error
// translation and the bulk statements are written per database.
//
// It must not know HTTP, faces, providers, or how a delivery is sent.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Sealer encrypts secrets before they are stored. About names the row that the
// sealed text belongs to, so that it can't be moved to another.
type Sealer interface {
	Seal(about string, plain []byte) []byte
	Open(about string, sealed []byte) ([]byte, error)
}

// Options opens a store.
type Options struct {
	Dir       string // the data directory, which holds the database unless URL is set
	URL       string // of the PostgreSQL database; empty: SQLite
	Sealer    Sealer
	NewSealer bool // it may be another than that of what is stored, which it then can't open
	// Migrate brings the schema up to date; on SQLite it needs the directory's Lock.
	Migrate  bool
	MaxTasks int // unfinished tasks that an account may have; 0: no limit
	// MaxBacklog is how many pending deliveries an account may have before its
	// tasks and events are refused; 0: no limit.
	MaxBacklog int
	Posters    bool // a still picture is to be made of each video; see ClaimPoster
	Logger     *slog.Logger
	Fault      FaultFunc // tests only
	Eager      bool      // commits don't wait for company; for tests on fake time, where a wait is a jump
}

// Store is the database. All methods may be called at the same time.
type Store struct {
	db      database
	writes  *committer
	sealer  Sealer
	log     *slog.Logger
	member  membership
	quota   quota // of unfinished tasks
	backlog quota // of pending deliveries
	posters bool
	subscribers
	kinds   kinds
	hinted  time.Time // when other nodes were last told of news; used by one commit at a time
	Applied []string  // the migrations that Open applied
}

// Open opens the database of a data directory. Without Migrate it refuses a
// schema that is not its own.
func Open(ctx context.Context, o Options) (*Store, error) {
	db, err := openDatabase(ctx, o)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, sealer: o.Sealer, log: o.Logger, posters: o.Posters, quota: newTaskQuota(o.MaxTasks), backlog: newBacklogQuota(o.MaxBacklog)}
	s.subscribers.forget()
	s.member.evicted = make(chan struct{}, 1)
	s.writes = newCommitter(s.begin, o.Fault)
	s.writes.eager = o.Eager
	s.makeKinds()
	if err := s.prepare(ctx, o); err != nil {
		return nil, errors.Join(err, db.close())
	}
	go s.writes.run() // until Close
	return s, nil
}

// commitLimit is for all statements of a commit, of which there may be thousands.
const commitLimit = time.Minute

func openDatabase(ctx context.Context, o Options) (database, error) {
	switch {
	case o.URL != "":
		return openWhole(ctx, o.URL, o.Migrate)
	case !o.Migrate && !exists(o.Dir):
		return nil, fmt.Errorf("the data directory %s holds no database yet: %w", o.Dir, ErrEmpty)
	}
	return openSQLite(ctx, o.Dir)
}

// openWhole opens a database of PostgreSQL unless it is being moved to.
func openWhole(ctx context.Context, url string, node bool) (database, error) {
	db, err := openPostgres(ctx, url, node)
	if err != nil {
		return nil, err
	}
	if err := refuseMoving(ctx, db); err != nil {
		return nil, errors.Join(err, db.close())
	}
	return db, nil
}

// ErrEmpty says that there is nothing of taskhook yet where the database is to be.
var ErrEmpty = errors.New("start `taskhook serve` or run `taskhook migrate` first")

func (s *Store) prepare(ctx context.Context, o Options) (err error) {
	if o.Migrate {
		if s.Applied, err = s.migrate(ctx); err != nil {
			return err
		}
		return s.checkSealer(ctx, o.NewSealer)
	}
	list, err := readMigrations(s.db.kind())
	if err != nil {
		return err
	}
	done, err := appliedMigrations(ctx, s.db)
	if noTable(err) {
		return fmt.Errorf("the database holds nothing of taskhook yet: %w", ErrEmpty)
	}
	if err != nil {
		return err
	}
	pending, err := pendingMigrations(ctx, s.db, list, done)
	if err != nil {
		return err
	}
	if len(pending) > 0 {
		return fmt.Errorf("the database is older than this program (%s is missing): run `taskhook migrate`", pending[0].name)
	}
	return nil
}

// Close refuses further writes, waits for those that were taken in, and closes the
// database.
func (s *Store) Close() error {
	s.writes.close()
	return s.db.close()
}

// upkeepEvery is how often the database is seen to.
const upkeepEvery = time.Second

// Run sees to the database until ctx ends. PostgreSQL does that itself.
func (s *Store) Run(ctx context.Context) error {
	db, ok := s.db.(interface{ upkeep(context.Context) error })
	if !ok {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(upkeepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := db.upkeep(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("see to the database", "error", err)
			}
		}
	}
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	_, _, err := first(ctx, s.db, scanInto[int64], `SELECT seq FROM feed_head`)
	return err
}

// inTx runs do in a transaction of its own, for work before the store is open.
func (s *Store) inTx(ctx context.Context, do func(tx) error) error {
	t, err := s.db.begin(ctx, author{}, 0)
	if err != nil {
		return err
	}
	if err := do(t); err != nil {
		t.rollback(ctx)
		return err
	}
	_, err = t.commit(ctx)
	return err
}
