//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/config"
)

type serveCommand struct {
	config.Config
}

// oneThatWaits is the writer of the embedded database, which spends a third of its
// time in system calls that wait for the disk: with one more processor Go has a
// thread for every core meanwhile. GOMAXPROCS in the environment wins.
const oneThatWaits = 1

// Run serves until a signal stops it.
func (s *serveCommand) Run(ctx context.Context, c *console) error {
	cfg, err := c.load(s.Config)
	if err != nil {
		return err
	}
	if _, given := c.env("GOMAXPROCS"); !given {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + oneThatWaits)
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)
	ctx, stop := untilSignal(ctx, signals, c.stderr, os.Exit)
	defer stop()
	if _, given := c.env("GOGC"); !given {
		debug.SetGCPercent(gcPercent)
		go boundGarbage(ctx)
	}
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	server, err := app.Open(ctx, app.Options{Config: cfg, Logger: c.logger(cfg), Version: version(buildInfo()), Reload: reload})
	if err != nil {
		return err
	}
	if server.FreshKey != "" {
		printKey(c.stdout, server.FreshKey)
	}
	debug.FreeOSMemory() // a start reads much, such as the schemas of all models, that is not needed again
	fmt.Fprintf(c.stderr, "taskhook is ready on %s (data in %s)\n", server.BaseURL(), cfg.Data)
	return server.Run(ctx)
}

// untilSignal returns a context that the first signal ends, so that work under
// way can finish; the second signal exits at once. Stop ends the watch.
func untilSignal(ctx context.Context, signals <-chan os.Signal, stderr io.Writer, exit func(code int)) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() {
		select {
		case <-signals:
		case <-watched:
			return
		}
		fmt.Fprintln(stderr, "taskhook is stopping; a second signal stops it at once")
		cancel()
		select {
		case <-signals:
			fmt.Fprintln(stderr, "taskhook stopped at once; what was under way is taken up at the next start")
			exit(1)
		case <-watched:
		}
	}()
	return ctx, func() {
		close(watched)
		cancel()
	}
}

// logger returns the one logger of the process.
func (c *console) logger(cfg *config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.Level()}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(c.stderr, options))
	}
	return slog.New(slog.NewTextHandler(c.stderr, options))
}
