//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
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

type benchMeasureCommand struct {
	Scenario string `arg:"" help:"What to measure: burst (publish one by one until all has arrived), idle (a server without work) or restart (a backlog after a crash)."`

	JSON        bool          `name:"json" help:"Print one line of JSON."`
	Publishes   int           `default:"20000" help:"Events that are published in a round."`
	Connections int           `default:"64" help:"Connections of the client."`
	Bytes       int           `default:"600" help:"Size of one publish."`
	Rounds      int           `default:"3" help:"Rounds, of which the median counts."`
	Settle      time.Duration `default:"3s" help:"Time between the start of a server and the reading of its idle memory."`
	Timeout     time.Duration `default:"2m" help:"Time for one round."`
	Dir         string        `default:"." type:"existingdir" help:"Directory on the disk to measure; scratch data is made in it and removed."`
	Program     []string      `placeholder:"COMMAND" help:"The taskhook to measure, its words separated by commas. Default: this program."`
	Profile     string        `placeholder:"DIR" help:"Directory, made if need be, for profiles of the server, which is then this program. Profiling costs a few percent."`
}

// Run measures in processes of this program and of the one to measure.
func (b *benchMeasureCommand) Run(ctx context.Context, c *console) error {
	if !slices.Contains(bench.Scenarios(), b.Scenario) {
		return usageError{fmt.Errorf("there is no scenario %q; choose one of %s", b.Scenario, strings.Join(bench.Scenarios(), ", "))}
	}
	if min(b.Publishes, b.Connections, b.Bytes, b.Rounds) < 1 {
		return usageError{errors.New("publishes, connections, bytes and rounds must be at least 1")}
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	o := bench.Options{Self: []string{self}, Program: b.Program, Data: b.Dir, Publishes: b.Publishes, Connections: b.Connections,
		BodyBytes: b.Bytes, Rounds: b.Rounds, Settle: b.Settle, Timeout: b.Timeout, Profile: b.Profile, Log: c.stderr}
	if len(o.Program) == 0 {
		o.Program = o.Self
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	report, err := bench.Run(ctx, b.Scenario, o)
	if err != nil {
		return err
	}
	if b.JSON {
		return report.WriteJSON(c.stdout)
	}
	return report.WriteTable(c.stdout)
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
