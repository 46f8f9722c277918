//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/taskhook/taskhook/internal/account"
	"github.com/taskhook/taskhook/internal/keyring"
	"github.com/taskhook/taskhook/internal/store"
)

// withAccounts does something with the keys of a data directory, beside a running
// server or without one. Make lets it start a directory that holds nothing yet.
func withAccounts(ctx context.Context, dir string, make bool, do func(*account.Service) error) (err error) {
	options := store.Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)}
	if empty, err := isEmpty(dir); err != nil {
		return err
	} else if empty {
		if !make {
			return fmt.Errorf("the data directory %s holds no database yet: name another with --data, or start `taskhook serve` first", dir)
		}
		lock, err := store.LockDir(dir)
		if err != nil {
			return err
		}
		defer lock.Release()
		options.Migrate = true
	}
	db, err := store.Open(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(account.New(db, keyring.HashKey, 0))
}

// isEmpty reports whether no server has run on the directory.
func isEmpty(dir string) (bool, error) {
	_, err := os.Stat(filepath.Join(dir, "taskhook.db"))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for the database: %w", err)
	}
	return false, nil
}
