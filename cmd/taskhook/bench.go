//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/taskhook/taskhook/internal/bench"
)

type benchCommand struct {
	Measure benchMeasureCommand `cmd:"" default:"withargs" help:"Measure a scenario."`
	Role    benchRoleCommand    `cmd:"" hidden:""`
}

// benchMeasureCommand has sizes that are measured in a few minutes; Full ones are those
// that the product is to bear.
type benchMeasureCommand struct {
	Scenario string `arg:"" help:"What to measure, or all. ${scenarios}."`

	Database []string `default:"sqlite" placeholder:"DATABASE" help:"What to measure on: sqlite, postgres (a server of its own, from the programs that are installed) or the URL of a PostgreSQL database, in which a schema is made and removed. Several are separated by commas."`
	JSON     bool     `name:"json" help:"Print one line of JSON for each scenario and database."`
	Results  string   `placeholder:"FILE" help:"File that gets these lines too."`

	Publishes   int           `default:"20000" help:"Events that are published in a round."`
	Connections int           `default:"64" help:"Connections of the client."`
	Bytes       int           `default:"600" help:"Size of one publish."`
	Receivers   int           `default:"1000" help:"Endpoints of isolation; spread and fanout have a tenth."`
	Backlog     int           `default:"50000" help:"Deliveries of backlog that are due at the start."`
	History     int           `default:"200000" help:"Deliveries of the past in history."`
	Polled      int           `default:"2000" help:"Tasks of polling that wait for an upstream API at once."`
	Full        bool          `help:"A backlog of 1,000,000, a history of 10,000,000, which take tens of gigabytes and of minutes, and 50,000 polled tasks."`
	Scale       float64       `default:"1" help:"Factor on all of these, to look at a scenario in a second."`
	Rounds      int           `default:"3" help:"Rounds, of which the median counts."`
	Settle      time.Duration `default:"1s" help:"Time between the start of a server and the reading of its idle memory."`
	Timeout     time.Duration `default:"2h" help:"Time for one round."`
	Dir         string        `default:"." type:"existingdir" help:"Directory on the disk to measure; scratch data is made in it and removed."`
	Cache       string        `placeholder:"DIR" help:"Directory that keeps the filled database of history for the next time; in the PostgreSQL of a URL a schema is kept too."`
	Program     []string      `placeholder:"COMMAND" help:"The taskhook to measure, its words separated by commas. Default: this program."`
	Profile     string        `placeholder:"DIR" help:"Directory, made if need be, for profiles of the server, which is then this program. Profiling costs a few percent."`
}

// Run measures in processes of this program and of the one to measure. What fails does
// not keep the others from being measured.
func (b *benchMeasureCommand) Run(ctx context.Context, c *console) (err error) {
	scenarios := []string{b.Scenario}
	switch all := bench.Scenarios(); {
	case b.Scenario == "all":
		scenarios = all
	case !slices.Contains(all, b.Scenario):
		return usageError{fmt.Errorf("there is no scenario %q; choose all or one of %s", b.Scenario, strings.Join(all, ", "))}
	}
	o, err := b.options(c)
	if err != nil {
		return err
	}
	results := io.Discard
	if b.Results != "" {
		file, err := os.Create(b.Results)
		if err != nil {
			return err
		}
		defer file.Close()
		results = file
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	var errs []error
	for _, name := range scenarios {
		for _, o.Database = range b.Database {
			report, err := bench.Run(ctx, name, o)
			if errors.Is(err, bench.ErrNeedsPostgres) && len(scenarios)*len(b.Database) > 1 {
				continue
			}
			if err == nil {
				err = errors.Join(b.print(c.stdout, report), report.WriteJSON(results))
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (b *benchMeasureCommand) print(w io.Writer, report *bench.Report) error {
	if b.JSON {
		return report.WriteJSON(w)
	}
	_, err := fmt.Fprintln(w)
	return errors.Join(report.WriteTable(w), err)
}

func (b *benchMeasureCommand) options(c *console) (o bench.Options, err error) {
	if min(b.Publishes, b.Connections, b.Bytes, b.Receivers, b.Backlog, b.History, b.Polled, b.Rounds) < 1 || b.Scale <= 0 {
		return o, usageError{errors.New("publishes, connections, bytes, receivers, backlog, history, polled and rounds must be at least 1, and scale above 0")}
	}
	self, err := os.Executable()
	if err != nil {
		return o, fmt.Errorf("find this program: %w", err)
	}
	if b.Full {
		b.Backlog, b.History, b.Polled = 1_000_000, 10_000_000, 50_000
	}
	scaled := func(n int) int { return max(1, int(float64(n)*b.Scale)) }
	o = bench.Options{Self: []string{self}, Program: b.Program, Data: b.Dir, Publishes: scaled(b.Publishes), Connections: b.Connections,
		BodyBytes: b.Bytes, Receivers: scaled(b.Receivers), Backlog: scaled(b.Backlog), History: scaled(b.History), Polled: scaled(b.Polled), Rounds: b.Rounds,
		Settle: b.Settle, Timeout: b.Timeout, Cache: b.Cache, Profile: b.Profile, Log: c.stderr}
	if len(o.Program) == 0 {
		o.Program = o.Self
	}
	return o, nil
}

// benchRoleCommand makes this process one of those that a measurement needs.
type benchRoleCommand struct {
	Name string   `arg:""`
	Args []string `arg:"" optional:"" passthrough:""`
}

// Run plays the part until the one who measures ends it.
func (b *benchRoleCommand) Run(ctx context.Context, c *console) error {
	if b.Name == bench.RoleProfiled && len(b.Args) > 1 {
		return profiled(b.Args[0], func() error {
			return (&console{stdout: c.stdout, stderr: c.stderr, env: c.env}).execute(ctx, b.Args[1:])
		})
	}
	return bench.Role(ctx, b.Name, os.Stdin, c.stdout)
}

// profiled writes what do spends and allocates to files whose names begin with the
// path.
func profiled(path string, do func() error) (err error) {
	cpu, err := os.Create(path + ".cpu.pprof")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cpu.Close()) }()
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	err = do()
	pprof.StopCPUProfile()
	allocs, createErr := os.Create(path + ".allocs.pprof")
	if createErr != nil {
		return errors.Join(err, createErr)
	}
	return errors.Join(err, pprof.Lookup("allocs").WriteTo(allocs, 0), allocs.Close())
}
