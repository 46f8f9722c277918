// Package bench measures a taskhook server from outside, as its clients and
// receivers see it. It owns the scenarios, the processes that play the client, the
// receiver and the yardstick, and the report. It must not know how the server
// works: it is a program that is started, spoken to over HTTP and stopped.
//
// A figure alone says little, for machines differ. So each round also measures a
// yardstick on the same machine: a plain net/http client that posts the same body
// straight to the same receiver. Every part is a process of its own, so that none
// is charged for the work or the garbage of another.
package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Options say what is measured, how much of it and where. All counts must be
// positive.
type Options struct {
	Self    []string // the command line of this program, which plays the other parts
	Program []string // the command line of the taskhook to measure
	Data    string   // the directory whose disk is measured; scratch data is made in it

	Publishes   int
	Connections int // of the client, all kept alive
	BodyBytes   int // of one publish
	Rounds      int
	Settle      time.Duration // from the start of a server to the reading of its idle memory
	Timeout     time.Duration // of one round

	Profile string // directory for CPU and allocation profiles of the server, made if need be; empty: none
	Log     io.Writer
}

// scenario is one thing that can be measured.
type scenario struct {
	name      string
	publishes bool
	round     func(context.Context, *run) (figures, error)
}

// scenarios is the table of all of them.
func scenarios() []scenario {
	return []scenario{
		{"burst", true, burst},
		{"idle", false, idle},
		{"restart", true, restart},
	}
}

// Scenarios returns the names of what can be measured.
func Scenarios() []string {
	var names []string
	for _, s := range scenarios() {
		names = append(names, s.name)
	}
	return names
}

// run is one round of a scenario.
type run struct {
	Options
	name   string
	number int      // from 1
	dir    string   // scratch
	ended  []func() // each waits for a process that the end of the context kills
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

func (o Options) measure(ctx context.Context, s scenario) (*Report, error) {
	machine, err := readMachine(o.Data)
	if err != nil {
		return nil, err
	}
	if o.Profile != "" {
		if err := os.MkdirAll(o.Profile, 0o755); err != nil {
			return nil, fmt.Errorf("make the directory of profiles: %w", err)
		}
	}
	report := &Report{Scenario: s.name, At: time.Now().UTC(), Machine: machine}
	if s.publishes {
		report.Publishes, report.Connections, report.BodyBytes = o.Publishes, o.Connections, o.BodyBytes
	}
	var rounds []figures
	for n := range o.Rounds {
		got, err := o.runRound(ctx, s, n+1)
		if err != nil {
			return nil, fmt.Errorf("round %d of %s: %w", n+1, s.name, err)
		}
		fmt.Fprintf(o.Log, "%s, round %d of %d: %s\n", s.name, n+1, o.Rounds, got[0])
		rounds = append(rounds, got)
	}
	report.Figures = merge(rounds)
	return report, nil
}

func (o Options) runRound(ctx context.Context, s scenario, number int) (got figures, err error) {
	dir, err := os.MkdirTemp(o.Data, "taskhook-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a scratch directory: %w", err)
	}
	defer os.RemoveAll(dir)
	r := &run{Options: o, name: s.name, number: number, dir: dir}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer func() {
		cancel()
		for _, wait := range r.ended {
			wait()
		}
	}()
	return s.round(ctx, r)
}
