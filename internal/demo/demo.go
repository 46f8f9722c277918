//go:build unix

package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/examples"
)

// Options say how to run.
type Options struct {
	Out        io.Writer
	Terminal   bool     // Out is one, so that a line can be written over
	Colour     bool     // whether to use it
	Once       bool     // end after the last step instead of staying up
	Keep       bool     // leave the data there at the end
	Executable string   // path of taskhook itself
	Env        []string // of the server
}

var errInterrupted = errors.New("interrupted before everything was shown")

// demo is one run.
type demo struct {
	Options
	screen   *screen
	ledger   *ledger
	receiver *receiver
	server   *server
	api      *client.Client
	dir      string   // of the data, the log and the receivers' programs
	log      *os.File // what the server prints
	links    []string // to the results that were shown
	began    time.Time
}

// step is one part of what is shown. Its error is a sentence.
type step struct {
	title string
	run   func(context.Context) error
}

func (d *demo) steps() []step {
	return []step{
		{"Start a server and a receiver", d.startUp},
		{"Three tasks, three webhooks", d.showTasks},
		{"The receiver fails once", d.showRetry},
		{"Kill the server in the middle of work", d.showCrash},
		{"Was anything lost?", d.showCount},
		{"One server, three APIs", d.showFaces},
		{"A workflow: each step gets what the one before has made", d.showWorkflow},
	}
}

// stepLimit is when a step is given up; each takes a few seconds.
const stepLimit = time.Minute

// Run shows everything and then stays up until ctx ends, unless it is to run
// once. It fails if anything that it shows was not as it promises; then the data
// stay where it says.
func Run(ctx context.Context, o Options) (err error) {
	d := &demo{Options: o, screen: &screen{w: o.Out, colour: o.Colour, live: o.Terminal}, ledger: newLedger(), began: time.Now()}
	if d.dir, err = os.MkdirTemp("", "taskhook-demo-"); err != nil {
		return fmt.Errorf("make a directory for the demo: %w", err)
	}
	defer func() { err = d.end(err) }()
	if err := d.prepare(ctx); err != nil {
		return err
	}
	d.screen.title("taskhook demo")
	d.screen.say("A server, a receiver and some tasks on this machine, in about 15 seconds.")
	d.screen.say("Nothing leaves the machine. The data are scratch, in %s", d.dir)
	for i, s := range d.steps() {
		d.screen.title(fmt.Sprintf("%d  %s", i+1, s.title))
		if err := d.run(ctx, s); err != nil {
			return err
		}
	}
	d.screen.gap()
	d.screen.good("All of it is true, shown in %s.", seconds(time.Since(d.began)))
	if err := d.farewell(); err != nil || d.Once {
		return err
	}
	return d.stay(ctx)
}

// prepare makes the receiver and what the server needs, and starts nothing.
func (d *demo) prepare(ctx context.Context) (err error) {
	config := filepath.Join(d.dir, "local.yaml")
	if err := os.WriteFile(config, []byte(examples.Local), 0o600); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	if d.log, err = os.Create(d.logFile()); err != nil {
		return fmt.Errorf("make the log: %w", err)
	}
	d.server = &server{program: d.Executable, env: d.Env, log: d.log, listen: "127.0.0.1:0", args: []string{
		"--dev", "--schedule", schedule, "--data", filepath.Join(d.dir, "data"), "--config", config}}
	d.receiver, err = listen(ctx, d.ledger)
	return err
}

func (d *demo) logFile() string { return filepath.Join(d.dir, "server.log") }

// run makes one step.
func (d *demo) run(ctx context.Context, s step) error {
	limited, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	err := s.run(limited)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	d.screen.bad("%v", err)
	return fmt.Errorf("the demo failed at %q", s.title)
}

// stay shows the webhooks that come until ctx ends.
func (d *demo) stay(ctx context.Context) error {
	d.screen.gap()
	d.screen.say("It stays up and shows what its receiver gets. Ctrl-C ends it.")
	seen := len(d.ledger.since(0))
	err := d.wait(ctx, "", func() (bool, error) {
		seen += d.showHooks(seen)
		return false, nil
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// end stops what runs, and removes the data unless they are wanted: asked for, or
// something failed.
func (d *demo) end(err error) error {
	if d.server != nil && d.server.process != nil {
		if d.server.running() {
			d.screen.gap()
			d.screen.note("stopping the server")
		}
		err = errors.Join(err, d.server.stop(stopLimit))
	}
	if d.receiver != nil {
		d.receiver.close()
	}
	if d.log != nil {
		err = errors.Join(err, d.log.Close())
	}
	failed := err != nil && !errors.Is(err, errInterrupted)
	if failed {
		d.showLog()
	}
	if d.Keep || failed {
		d.screen.say("The data and the log are kept in %s", d.dir)
		return err
	}
	if removal := os.RemoveAll(d.dir); removal != nil {
		return errors.Join(err, fmt.Errorf("remove the demo's data: %w", removal))
	}
	return err
}

// showLog shows the server's last lines.
func (d *demo) showLog() {
	d.screen.gap()
	d.screen.say("The server's last lines:")
	for _, line := range lastLines(d.logFile(), 12) {
		d.screen.note("%s", line)
	}
	d.screen.gap()
}

// look is how often something that is waited for is looked at.
const look = 50 * time.Millisecond

// wait looks until done says yes. It gives up when the step's time is over, or
// the server has ended.
func (d *demo) wait(ctx context.Context, what string, done func() (bool, error)) error {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-d.server.exited:
			return errServerEnded
		case <-ctx.Done():
			return fmt.Errorf("waited in vain for %s", what)
		}
	}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
