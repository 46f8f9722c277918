//go:build unix

package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/config"
)

type serveCommand struct {
	config.Config
}

// Run serves until a signal stops it.
func (s *serveCommand) Run(ctx context.Context, c *console) error {
	cfg, err := c.load(s.Config)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(ctx, c)
	defer stop()
	return app.Run(ctx, cfg, c.logger(cfg), func(addr string) {
		fmt.Fprintf(c.stderr, "taskhook is ready on %s (data in %s)\n", cfg.BaseURL(addr), cfg.Data)
	})
}

// untilSignal returns a context that the first SIGINT or SIGTERM ends, so that
// work under way can finish; the second ends the process at once.
func untilSignal(ctx context.Context, c *console) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		for range 2 {
			select {
			case <-signals:
			case <-done:
				return
			}
			if ctx.Err() != nil {
				fmt.Fprintln(c.stderr, "taskhook: stopped at once, without waiting for work under way")
				os.Exit(1)
			}
			fmt.Fprintln(c.stderr, "taskhook is stopping; a second signal stops it at once")
			cancel()
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
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
