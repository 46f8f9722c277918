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
	From string        `name:"from" placeholder:"DIR" help:"Move everything in this data directory, which stays as it is, to an empty PostgreSQL database; and its results and uploaded files to the bucket, if one is set."`
	To   config.Secret `name:"to" placeholder:"URL" help:"That database. Default: database-url, which keeps a password from the command line."`
	config.Location
	S3 config.S3 `embed:"" prefix:"s3-"`
}

// Run applies what is missing; no server may run on the directory meanwhile.
func (m *migrateCommand) Run(ctx context.Context, c *console) (err error) {
	cfg, err := c.load(config.Config{Location: m.Location, S3: m.S3})
	if err != nil {
		return err
	}
	switch {
	case m.From != "":
		return m.move(ctx, c, cfg)
	case m.To.Reveal() != "":
		return usageError{errors.New("--to says where to move to, and needs --from, the data directory to move from")}
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
