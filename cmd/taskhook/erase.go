//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/store"
)

type eraseCommand struct {
	config.Location
	Account  string `placeholder:"ID" help:"Erase an account, by its id or name: all that it has and its keys. With --metadata: look in this account only."`
	Task     string `placeholder:"ID" help:"Erase a task with its files and webhooks, and with it those that repeat it or are steps of the same workflow."`
	Metadata string `placeholder:"KEY=VALUE" help:"Erase all tasks whose metadata, and all events of accounts' own whose data has this member."`
	DryRun   bool   `help:"Only count what would be erased."`
	List     bool   `help:"List all receipts, oldest first."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

// eraseLook is how often the receipt is looked for.
const eraseLook = 200 * time.Millisecond

// Run erases, by the server where one runs.
func (cmd *eraseCommand) Run(ctx context.Context, c *console) error {
	cfg, err := c.load(config.Config{Location: cmd.Location})
	if err != nil {
		return err
	}
	if cmd.List {
		return withStore(ctx, cfg, func(db *store.Store) error { return cmd.list(ctx, c, db) })
	}
	var order taskhook.Erasure
	err = withStore(ctx, cfg, func(db *store.Store) error {
		subject, err := cmd.subject(ctx, db)
		if err != nil {
			return err
		}
		if cmd.DryRun {
			return cmd.count(ctx, c, db, subject)
		}
		now := time.Now()
		order, err = db.OrderErasure(ctx, taskhook.Erasure{ID: taskhook.NewID(taskhook.PrefixErasure, now), Subject: subject, By: who(), CreatedAt: now})
		return err
	})
	if err != nil || cmd.DryRun {
		return err
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	if err := cmd.perform(ctx, c, cfg, order.ID); err != nil {
		return err
	}
	return withStore(ctx, cfg, func(db *store.Store) error { return cmd.receipt(ctx, c, db, order.ID) })
}

// who is the one who asks, as far as the system knows.
func who() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "somebody with access to the data directory"
}

// subject reads whose data it is about.
func (cmd *eraseCommand) subject(ctx context.Context, db *store.Store) (s taskhook.Subject, err error) {
	account := cmd.Account
	if account != "" {
		if account, err = accountID(ctx, db, account); err != nil {
			return s, err
		}
	}
	switch {
	case cmd.Task != "" && (cmd.Metadata != "" || cmd.Account != ""):
		return s, usageError{errors.New("--task stands alone: it names one task")}
	case cmd.Metadata != "":
		if key, _, ok := strings.Cut(cmd.Metadata, "="); !ok || key == "" {
			return s, usageError{fmt.Errorf("--metadata %s has no value; write it like user=42", safe(cmd.Metadata))}
		}
		return taskhook.Subject{Kind: taskhook.SubjectMetadata, Name: cmd.Metadata, AccountID: account}, nil
	case cmd.Task != "":
		tasks, _, err := db.Kin(ctx, cmd.Task)
		if err == nil && len(tasks) == 0 {
			err = fmt.Errorf("there is no task %s; it may have been erased already: taskhook erase --list", safe(cmd.Task))
		}
		return taskhook.Subject{Kind: taskhook.SubjectTask, Name: cmd.Task}, err
	case cmd.Account != "":
		return taskhook.Subject{Kind: taskhook.SubjectAccount, Name: account}, nil
	}
	return s, usageError{errors.New("name what to erase: --account ID, --task ID or --metadata KEY=VALUE; or --list")}
}

// accountID finds an account by its id or its name.
func accountID(ctx context.Context, db *store.Store, text string) (string, error) {
	accounts, err := db.Accounts(ctx)
	for _, a := range accounts {
		if a.ID == text || a.Name == text {
			return a.ID, err
		}
	}
	if err == nil {
		err = fmt.Errorf("there is no account %s; taskhook account list shows them", safe(text))
	}
	return "", err
}

// perform has the server erase, or does so itself where none runs.
func (cmd *eraseCommand) perform(ctx context.Context, c *console, cfg *config.Config, id string) error {
	err := app.EraseAlone(ctx, cfg, c.logger(cfg))
	if _, locked := errors.AsType[*store.LockedError](err); !locked && !errors.Is(err, app.ErrAttended) {
		return err
	}
	fmt.Fprintf(c.stderr, "The server erases it, as %s; this waits for the receipt, and an interrupt stops only the waiting.\n", id)
	return withStore(ctx, cfg, func(db *store.Store) error {
		for {
			e, err := db.Erasure(ctx, id)
			if err != nil || !e.FinishedAt.IsZero() {
				return err
			}
			if pause(ctx, eraseLook) != nil {
				return fmt.Errorf("%s goes on without being waited for; see it with: taskhook erase --list", id)
			}
		}
	})
}
