// Package bench measures a taskhook server from outside, as its clients and
// receivers see it. It owns the scenarios, the processes that play the client, the
// receiver and the yardstick, and the report. It must not know how the server
// works: it is a program that is started, spoken to over HTTP and stopped. Only
// before it starts and after it has ended is its database touched, by internal/store,
// to fill it and to count what was delivered.
//
// A figure alone says little, for machines differ. So each round also measures a
// yardstick on the same machine: a plain net/http client that posts the same body
// straight to the same receiver. Every part is a process of its own, so that none
// is charged for the work or the garbage of another.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Options say what is measured, how much of it and where. All counts must be
// positive.
type Options struct {
	Self     []string // the command line of this program, which plays the other parts
	Program  []string // the command line of the taskhook to measure
	Data     string   // the directory whose disk is measured; scratch data is made in it
	Database string   // SQLite, Postgres, or the URL of a PostgreSQL database

	Publishes   int
	Connections int // of the client, all kept alive
	BodyBytes   int // of one publish
	Receivers   int // endpoints of isolation; a tenth of them in spread and fanout
	Backlog     int // deliveries that are due at the start
	History     int // deliveries of the past
	Polled      int // tasks that wait for an upstream at once
	Rounds      int
	Settle      time.Duration // from the start of a server to the reading of its idle memory
	Timeout     time.Duration // of one round

	Cache   string // directory that keeps a filled history for the next time; empty: it is removed
	Profile string // directory for CPU and allocation profiles of the server, made if need be; empty: none
	Log     io.Writer
}

// scenario is one thing that can be measured.
type scenario struct {
	name, about string
	round       func(context.Context, *run) (figures, error)
}

// scenarios is the table of all of them.
func scenarios() []scenario {
	return []scenario{
		{"burst", "events published one by one, for one endpoint", burst},
		{"spread", "the same for many endpoints in turn", spread},
		{"fanout", "each event to many endpoints", fanout},
		{"tasks", "a task with a tiny result and a webhook, by each API", tasks},
		{"isolation", "a tenth of the endpoints hang: what the others notice", isolation},
		{"backlog", "a mass of deliveries that is due at the start", backlog},
		{"history", "a burst, and lists, with a long past in the database", history},
		{"latency", "how long a publish and its webhook take at half load", latency},
		{"polling", "many tasks wait for an upstream API", polling},
		{"idle", "a server without work", idle},
		{"restart", "a kill in the midst of work", restart},
		{nodes, "one, two and three processes on one PostgreSQL", severalNodes},
	}
}

// nodes is the scenario that SQLite does not have.
const nodes = "nodes"

// Scenarios returns the names of what can be measured.
func Scenarios() []string {
	var names []string
	for _, s := range scenarios() {
		names = append(names, s.name)
	}
	return names
}

// About says of each scenario what it measures.
func About() string {
	var lines []string
	for _, s := range scenarios() {
		lines = append(lines, s.name+": "+s.about)
	}
	return strings.Join(lines, "; ")
}

// ErrNeedsPostgres is that of a scenario which SQLite does not have.
var ErrNeedsPostgres = errors.New("several processes share a PostgreSQL: add --database postgres, or the URL of one")

// run is one round of a scenario.
type run struct {
	Options
	database
	name    string
	number  int    // from 1
	dir     string // scratch
	kept    string // where history stays until the last round
	began   time.Time
	servers int      // that were started
	notes   []string // for the report
	undo    []func() // in reverse order, at the end of the round, when its context has ended
}

// Run measures a scenario. It fails when anything was lost, sent twice or refused:
// such a figure would mean nothing.
func Run(ctx context.Context, name string, o Options) (*Report, error) {
	for _, s := range scenarios() {
		if s.name == name {
			return o.measure(ctx, s)
		}
	}
	return nil, fmt.Errorf("there is no scenario %q; choose one of %s", name, strings.Join(Scenarios(), ", "))
}

func (o Options) measure(ctx context.Context, s scenario) (_ *Report, err error) {
	if s.name == nodes && o.Database == SQLite {
		return nil, ErrNeedsPostgres
	}
	for _, dir := range []string{o.Profile, o.Cache} {
		if err := os.MkdirAll(dir, 0o755); dir != "" && err != nil {
			return nil, fmt.Errorf("make a directory: %w", err)
		}
	}
	machine, err := readMachine(o.Data)
	if err != nil {
		return nil, err
	}
	db, err := o.startDatabase(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.stop()) }()
	kept, forget, err := o.keep(&db)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, forget()) }()
	report := &Report{Scenario: s.name, Database: db.name, At: time.Now().UTC(), Machine: machine,
		Publishes: o.Publishes, Connections: o.Connections, BodyBytes: o.BodyBytes}
	var rounds []figures
	for n := range o.Rounds {
		r := &run{Options: o, database: db, name: s.name, number: n + 1, kept: kept}
		got, err := r.play(ctx, s)
		if err != nil {
			return nil, fmt.Errorf("round %d of %s: %w", n+1, s.name, err)
		}
		fmt.Fprintf(o.Log, "%s on %s, round %d of %d: %s\n", s.name, db.name, n+1, o.Rounds, got[0])
		rounds, report.Notes, report.Version = append(rounds, got), r.notes, r.version
	}
	report.Figures = merge(rounds)
	report.setTargets()
	return report, nil
}

// play plays one round and leaves nothing behind.
func (r *run) play(ctx context.Context, s scenario) (got figures, err error) {
	if r.dir, err = os.MkdirTemp(r.Data, "taskhook-bench-"); err != nil {
		return nil, fmt.Errorf("make a scratch directory: %w", err)
	}
	defer os.RemoveAll(r.dir)
	r.began = time.Now()
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer func() {
		cancel()
		for i := len(r.undo) - 1; i >= 0; i-- {
			r.undo[i]()
		}
	}()
	return s.round(ctx, r)
}

// note says something of the round in the report.
func (r *run) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}
