package retention

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/taskhook/taskhook"
)

// Orders is what an Eraser asks of storage about what it is to do. Scrub makes the
// database forget what was deleted.
type Orders interface {
	UnfinishedErasures(ctx context.Context) ([]taskhook.Erasure, error)
	FinishErasure(ctx context.Context, now time.Time, erasure, subject string) error
	Scrub(ctx context.Context) error
}

// Data is what an Eraser finds the data of subjects by, and removes it. To Erase for no
// erasure only says what there is.
type Data interface {
	Subjects(ctx context.Context, part taskhook.Part, account, after string, limit int) ([]taskhook.Labelled, error)
	Kin(ctx context.Context, task string) (tasks, executions []string, err error)
	OfAccount(ctx context.Context, part taskhook.Part, account, after string, limit int) ([]string, error)
	Erase(ctx context.Context, now time.Time, erasure string, part taskhook.Part, ids []string) (taskhook.Removal, error)
}

// Accounts closes accounts, and removes what is theirs alone.
type Accounts interface {
	CloseAccount(ctx context.Context, now time.Time, erasure, account string) (taskhook.Removal, error)
	EraseAccount(ctx context.Context, now time.Time, erasure, account string, limit int) (taskhook.Removal, error)
}

// EraserOptions make an Eraser. All fields must be set but where 0 has a meaning.
type EraserOptions struct {
	Orders   Orders
	Data     Data
	Accounts Accounts
	Results  Files
	Uploads  Files
	// Stopped is told of tasks that were running; may be nil.
	Stopped func(task string)
	// Hash makes what a receipt calls a subject that is not an id.
	Hash func(text string) string
	// Quiet is how long requests that were admitted before an account was closed may
	// take; 0: 10 s.
	Quiet  time.Duration
	Every  time.Duration // between two looks for orders; 0: a second
	Logger *slog.Logger
}

// Eraser does what is ordered, one erasure after the other. What a stop interrupts is
// gone on with.
type Eraser struct{ EraserOptions }

// NewEraser returns an Eraser.
func NewEraser(o EraserOptions) *Eraser {
	o.Quiet, o.Every = cmp.Or(o.Quiet, 10*time.Second), cmp.Or(o.Every, time.Second)
	return &Eraser{o}
}

// Run does what is ordered until ctx ends.
func (e *Eraser) Run(ctx context.Context) error {
	for {
		if err := e.Finish(ctx); err != nil && ctx.Err() == nil {
			e.Logger.Warn("erase; it is tried again", "error", err)
		}
		if !rest(ctx, e.Every) {
			return nil
		}
	}
}

// Finish does all that is ordered now.
func (e *Eraser) Finish(ctx context.Context) error {
	orders, err := e.Orders.UnfinishedErasures(ctx)
	for _, order := range orders {
		if err := e.erase(ctx, order); err != nil {
			return fmt.Errorf("erasure %s: %w", order.ID, err)
		}
	}
	return err
}

func (e *Eraser) erase(ctx context.Context, order taskhook.Erasure) error {
	w := &work{Eraser: e, order: order}
	if err := w.all(ctx); err != nil {
		return err
	}
	if err := e.Orders.Scrub(ctx); err != nil {
		return err
	}
	name := order.Subject.Name
	if order.Subject.Kind == taskhook.SubjectMetadata {
		name = e.Hash(name)
	}
	if err := e.Orders.FinishErasure(ctx, time.Now(), order.ID, name); err != nil {
		return err
	}
	e.Logger.Info("erased", "erasure", order.ID, "rows", w.total.Rows())
	return e.Orders.Scrub(ctx) // the subject stood in the order
}

// Count says what an erasure would remove.
func (e *Eraser) Count(ctx context.Context, subject taskhook.Subject) (taskhook.Removal, error) {
	w := &work{Eraser: e, order: taskhook.Erasure{Subject: subject}}
	err := w.pass(ctx)
	return w.total, err
}
