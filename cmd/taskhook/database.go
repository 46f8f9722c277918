//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/taskhook/taskhook/internal/account"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/keyring"
	"github.com/taskhook/taskhook/internal/store"
)

func besideOptions(cfg *config.Config) store.Options {
	return store.Options{Dir: cfg.Data, URL: cfg.DatabaseURL.Reveal(), Logger: slog.New(slog.DiscardHandler)}
}

// withStore does something with a database that holds something, beside a running
// server or without one.
func withStore(ctx context.Context, cfg *config.Config, do func(*store.Store) error) (err error) {
	db, err := store.Open(ctx, besideOptions(cfg))
	if errors.Is(err, store.ErrEmpty) {
		return fmt.Errorf("%w; or name another with --data or --database", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db)
}

// withAccounts does something with the keys of a database, beside a running server
// or without one. Make lets it start one that holds nothing yet.
func withAccounts(ctx context.Context, cfg *config.Config, make bool, do func(*account.Service) error) (err error) {
	options := besideOptions(cfg)
	db, err := store.Open(ctx, options)
	if errors.Is(err, store.ErrEmpty) {
		if !make {
			return fmt.Errorf("%w; or name another with --data or --database", err)
		}
		var lock *store.Lock
		if lock, err = store.LockDir(cfg.Data); err != nil {
			return err
		}
		defer lock.Release()
		options.Migrate = true
		db, err = store.Open(ctx, options)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(account.New(db, keyring.HashKey, 0))
}
