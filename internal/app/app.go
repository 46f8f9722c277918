// Package app is the composition root: configuration in, running program out. It
// owns every long-lived goroutine and the order in which they stop. It decides
// nothing about tasks or deliveries.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/taskhook/taskhook/internal/account"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/artifact/s3"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/copier"
	"github.com/taskhook/taskhook/internal/delivery"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/internal/file"
	"github.com/taskhook/taskhook/internal/keyring"
	"github.com/taskhook/taskhook/internal/node"
	"github.com/taskhook/taskhook/internal/poster"
	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/provider/upstream"
	"github.com/taskhook/taskhook/internal/pull"
	"github.com/taskhook/taskhook/internal/retention"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/task"
	"github.com/taskhook/taskhook/internal/workflow"
)

// Options make an App.
type Options struct {
	Config *config.Config
	Logger *slog.Logger
	// Version of the program, for people who look at the nodes.
	Version string
	// StoreFault and Fault are called at named points between steps, for tests
	// that fail or crash there; nil otherwise.
	StoreFault store.FaultFunc
	Fault      func(point string)
	Pace       Pace
	// Reload has catalogue and provider files read anew, besides when they change; nil:
	// nobody asks for that.
	Reload <-chan os.Signal
}

// App is the program, opened and ready to run.
type App struct {
	Options
	// FreshKey is the text of the first account's key when this start has made
	// it; it is known nowhere else.
	FreshKey string

	lock   *store.Lock
	keys   *keyring.Keyring
	store  *store.Store
	files  *artifact.Store // results
	inputs *artifact.Store // uploaded files
	bucket *s3.Bucket      // that keeps them; nil: they are in the data directory
	hangUp func()          // closes the connections to it; may be nil
	doors  []*door
	policy *egress.Policy
	sender *egress.Sender

	accounts   *account.Service
	tasks      *task.Service
	batches    *task.Batches
	endings    *task.Endings
	feed       *delivery.Feed
	uploads    *file.Service
	taskWork   *task.Worker
	pulls      *pull.Service
	flows      *workflow.Service
	flowWork   *workflow.Worker
	deliveries *delivery.Service
	sendWork   *delivery.Worker
	replays    *delivery.Replays
	replayWork *delivery.Replayer
	warden     *delivery.Warden
	sweeper    *retention.Sweeper
	eraser     *retention.Eraser
	links      *artifact.Linker
	ffmpeg     string        // its path; empty: it is not installed
	posters    *poster.Maker // nil: none are made
	copies     *copier.Copier
	adapters   *provider.Registry
	local      []provider.Adapter // those that files do not change
	upstreams  upstream.Options   // of the others
	callbacks  *upstream.Callbacks
	opened     time.Time // before anything was made by this process
	former     []string  // nodes that were there then
	member     *node.Member
	clock      *node.Clock
	stopping   atomic.Bool
}

// Open takes the data directory, brings the database up to date, binds the
// addresses and puts the parts together. Nothing runs until Run, which also closes
// what Open opened.
func Open(ctx context.Context, o Options) (*App, error) {
	a := &App{Options: o}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context) (err error) {
	cfg := a.Config
	if a.lock, err = store.LockDir(cfg.Data); err != nil {
		return err
	}
	a.findFFmpeg()
	if err = a.openStore(ctx); err != nil {
		return err
	}
	source := a.store.Clock
	if a.Pace.Clock != nil {
		source = a.Pace.Clock
	}
	a.clock = node.NewClock(source, a.Logger)
	if err = a.clock.Set(ctx); err != nil {
		return err
	}
	a.opened = a.clock.Now()
	nodes, err := a.store.Nodes(ctx)
	if err != nil {
		return fmt.Errorf("list the nodes: %w", err)
	}
	for _, n := range nodes {
		a.former = append(a.former, n.ID)
	}
	if err = a.openFiles(ctx); err != nil {
		return err
	}
	if err = a.bind(ctx); err != nil {
		return err
	}
	if err = a.build(ctx); err != nil {
		return err
	}
	a.accounts = account.New(a.store, keyring.HashKey, cfg.RateLimit)
	if a.FreshKey, err = a.accounts.Bootstrap(ctx, a.clock.Now(), cfg.BootstrapKey.Reveal()); err != nil {
		return err
	}
	a.claimFresh(ctx)
	if err = a.member.Join(ctx); err != nil {
		return fmt.Errorf("join as a node: %w", err)
	}
	return a.serve()
}

func (a *App) close() error {
	var errs []error
	for _, d := range a.doors {
		d.listener.Close() // closed already after a run
	}
	if a.sender != nil {
		a.sender.Close()
	}
	for _, files := range []*artifact.Store{a.files, a.inputs} {
		if files != nil {
			errs = append(errs, files.Close())
		}
	}
	if a.hangUp != nil {
		a.hangUp()
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	if a.lock != nil {
		errs = append(errs, a.lock.Release())
	}
	return errors.Join(errs...)
}
