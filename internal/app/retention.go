package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/retention"
	"github.com/taskhook/taskhook/internal/store"
)

// limits are those of the configuration, by kind.
func limits(r config.Retention) map[taskhook.Kind]retention.Limit {
	limit := func(age config.Age, bytes config.Size) retention.Limit {
		return retention.Limit{Age: time.Duration(age), Bytes: int64(bytes)}
	}
	return map[taskhook.Kind]retention.Limit{
		taskhook.KindEvents:    limit(r.Events, r.EventsBytes),
		taskhook.KindAttempts:  limit(r.Attempts, r.AttemptsBytes),
		taskhook.KindTasks:     limit(r.Tasks, r.TasksBytes),
		taskhook.KindArtifacts: limit(r.Artifacts, r.ArtifactsBytes),
		taskhook.KindFiles:     limit(r.Files, r.FilesBytes),
	}
}

// buildRetention makes what removes data.
func (a *App) buildRetention() {
	a.sweeper = retention.NewSweeper(retention.Options{Store: a.store, Results: a.files, Uploads: a.inputs, Limits: limits(a.Config.Retention),
		Every: a.Pace.Retention, Logger: a.Logger})
	a.eraser = a.newEraser(a.taskWork.Cancelled, a.Pace.Quiet)
}

func (a *App) newEraser(stopped func(task string), quiet time.Duration) *retention.Eraser {
	return retention.NewEraser(retention.EraserOptions{Orders: a.store, Data: a.store, Accounts: a.store, Results: a.files, Uploads: a.inputs,
		Stopped: stopped, Hash: a.hashSubject, Quiet: quiet, Logger: a.Logger})
}

// hashSubject makes a text that tells whether a receipt is of a subject only to who
// has the master key.
func (a *App) hashSubject(text string) string {
	mac := hmac.New(sha256.New, a.keys.LinkKey())
	mac.Write([]byte("taskhook v1 erased subject\n" + text))
	return "hmac-sha256:" + hex.EncodeToString(mac.Sum(nil))
}

// ErrAttended says that a server works on the database.
var ErrAttended = errors.New("a server works on the database")

// EraseAlone does the erasures that are ordered, in place of a server: nothing else may
// work on the data. It is a store.LockedError, or ErrAttended, when a server does.
func EraseAlone(ctx context.Context, cfg *config.Config, log *slog.Logger) (err error) {
	a := &App{Options: Options{Config: cfg, Logger: log}, opened: time.Now()}
	defer func() { err = errors.Join(err, a.close()) }()
	if a.lock, err = store.LockDir(cfg.Data); err != nil {
		return err
	}
	if err = a.openStore(ctx); err != nil {
		return err
	}
	switch attended, err := a.store.Attended(ctx); {
	case err != nil:
		return fmt.Errorf("look for servers: %w", err)
	case attended:
		return ErrAttended
	}
	if err = a.openFiles(ctx); err != nil {
		return err
	}
	return a.newEraser(nil, time.Millisecond).Finish(ctx) // nobody is on the way
}

// CountErasure says what an erasure would remove, beside a server or without one.
func CountErasure(ctx context.Context, db *store.Store, subject taskhook.Subject) (taskhook.Removal, error) {
	removed, err := retention.NewEraser(retention.EraserOptions{Orders: db, Data: db, Accounts: db}).Count(ctx, subject)
	if err != nil {
		err = fmt.Errorf("count what would be erased: %w", err)
	}
	return removed, err
}
