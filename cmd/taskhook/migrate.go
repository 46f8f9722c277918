//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/store"
)

type migrateCommand struct {
	config.Location
}

// Run applies what is missing; no server may run on the directory meanwhile.
func (m *migrateCommand) Run(ctx context.Context, c *console) (err error) {
	cfg, err := c.load(config.Config{Location: m.Location})
	if err != nil {
		return err
	}
	lock, err := store.LockDir(cfg.Data)
	if err != nil {
		return err
	}
	defer lock.Release()
	db, err := store.Open(ctx, store.Options{Dir: cfg.Data, URL: cfg.DatabaseURL.Reveal(), Migrate: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, name := range db.Applied {
		fmt.Fprintf(c.stdout, "applied %s\n", name)
	}
	if len(db.Applied) == 0 {
		fmt.Fprintln(c.stdout, "up to date")
	}
	return nil
}
