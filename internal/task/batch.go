package task

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
)

// BatchStore is what Batches asks of storage. CreateBatch is durable on return, all
// or nothing, and returns the id that its idempotency key stands for.
type BatchStore interface {
	CreateBatch(ctx context.Context, b taskhook.Batch, tasks []taskhook.Task, runs []taskhook.Run, key *taskhook.Idempotency) (id string, err error)
	Batch(ctx context.Context, account, id string) (taskhook.Batch, error)
	Batches(ctx context.Context, f taskhook.BatchFilter) (taskhook.List[taskhook.Batch], error)
	StopBatch(ctx context.Context, now time.Time, account, id string) error
}

// BatchQueue is what is to be done about batches, by any node.
type BatchQueue interface {
	DueBatches(ctx context.Context, limit int) ([]taskhook.Batch, error)
	StopTasks(ctx context.Context, now time.Time, batch string, limit int) ([]taskhook.Task, error)
	FinishBatch(ctx context.Context, now time.Time, e *taskhook.BatchEnd) error
}

// BatchesOptions make a Batches.
type BatchesOptions struct {
	Tasks    *Service // whose rules hold for each task
	Store    BatchStore
	Queue    BatchQueue
	Body     func(b *taskhook.Batch, eventID string) []byte // of the event at the end of a batch, in the primary form
	Schedule taskhook.Schedule                              // of configured endpoints without one of their own
	Logger   *slog.Logger
}

// Batches decides about batches. Run ends those whose tasks have ended.
type Batches struct {
	BatchesOptions
	wake chan struct{}
}

// NewBatches returns a Batches.
func NewBatches(o BatchesOptions) *Batches { return &Batches{o, make(chan struct{}, 1)} }

// Create admits all tasks of a batch or none, and makes them durable. An error about
// one of them names it. Existed says that the idempotency key stood for the batch
// already.
func (s *Batches) Create(ctx context.Context, who taskhook.Identity, n taskhook.NewBatch) (_ taskhook.Batch, existed bool, err error) {
	now := s.Tasks.Now()
	b := taskhook.Batch{ID: taskhook.NewID(taskhook.PrefixBatch, now), AccountID: who.AccountID, Provider: n.Provider, Capability: n.Capability,
		Model: n.Model, Concurrency: n.Concurrency, CreatedAt: now}
	if err := checkBatch(&n); err != nil {
		return b, false, err
	}
	tasks, runs := make([]taskhook.Task, len(n.Inputs)), make([]taskhook.Run, len(n.Inputs))
	for i := range n.Inputs {
		n.Input = n.Inputs[i]
		k := s.Tasks.newTask(who, n.NewTask, now.Add(time.Duration(i)*time.Microsecond)) // so that ids are in order
		k.BatchID = b.ID
		run, err := s.Tasks.prepare(ctx, who, &k)
		if err != nil {
			return b, false, ofInput(i, err)
		}
		tasks[i], runs[i] = k, run
	}
	b.Capability = tasks[0].Capability
	id, err := s.Store.CreateBatch(ctx, b, tasks, runs, s.Tasks.idempotency(&n.NewTask, who.AccountID, now))
	if err != nil {
		return b, false, err
	}
	if existed = id != b.ID; !existed {
		s.wakeAll(runs)
	}
	b, err = s.Batch(ctx, who.AccountID, id)
	return b, existed, err
}

// wakeAll wakes who runs any of the tasks: a model may have several vendors.
func (s *Batches) wakeAll(runs []taskhook.Run) {
	woken := map[string]bool{}
	for i := range runs {
		if adapter := runs[i].Adapter; !woken[adapter] {
			woken[adapter] = true
			s.Tasks.Created(adapter)
		}
	}
}

func checkBatch(n *taskhook.NewBatch) error {
	switch {
	case len(n.Inputs) == 0:
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "inputs", "inputs must have at least one entry: each is the input of a task.")
	case len(n.Inputs) > taskhook.MaxBatch:
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "inputs", "inputs has %d entries, and a batch at most %d tasks. Send the rest as another batch.",
			len(n.Inputs), taskhook.MaxBatch)
	case n.Concurrency < 0 || n.Concurrency > taskhook.MaxBatch:
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "concurrency", "concurrency must be from 0 to %d; 0 is no limit.", taskhook.MaxBatch)
	}
	return nil
}

// ofInput says of which input an error is, if it is about an input.
func ofInput(i int, err error) error {
	bad, ok := errors.AsType[*taskhook.Error](err)
	if !ok {
		return err
	}
	rest, ok := strings.CutPrefix(bad.Field, "input")
	if !ok || rest != "" && rest[0] != '.' && rest[0] != '[' {
		return err
	}
	one := *bad
	one.Field = fmt.Sprintf("inputs[%d]%s", i, rest)
	one.Message = fmt.Sprintf("inputs[%d]: %s", i, bad.Message)
	return &one
}

// Batch returns a batch of the account with its tasks.
func (s *Batches) Batch(ctx context.Context, account, id string) (taskhook.Batch, error) {
	return s.Store.Batch(ctx, account, id)
}

// Batches lists batches without their tasks, newest first.
func (s *Batches) Batches(ctx context.Context, f taskhook.BatchFilter) (taskhook.List[taskhook.Batch], error) {
	return s.Store.Batches(ctx, f)
}

// Cancel cancels what of a batch has not ended. A batch that has is CodeConflict.
func (s *Batches) Cancel(ctx context.Context, account, id string) (taskhook.Batch, error) {
	if err := s.Store.StopBatch(ctx, s.Tasks.Now(), account, id); err != nil {
		return taskhook.Batch{}, err
	}
	defer s.Wake()
	if err := s.stop(ctx, id); err != nil {
		s.Logger.Warn("cancel the tasks of a batch", "batch", id, "error", err) // Run goes on with it
	}
	return s.Batch(ctx, account, id)
}

// stopBite is how many tasks a transaction cancels.
const stopBite = 50

func (s *Batches) stop(ctx context.Context, id string) error {
	for {
		stopped, err := s.Queue.StopTasks(ctx, s.Tasks.Now(), id, stopBite)
		if err != nil || len(stopped) == 0 {
			return err
		}
		for i := range stopped {
			s.Tasks.Cancelled(stopped[i].ID)
			s.Tasks.Created(stopped[i].Adapter) // if no node has the run, one calls off what is known elsewhere
			s.Tasks.Endings.Announce(&stopped[i])
		}
	}
}

// idempotency returns what makes a submission repeatable; nil: nothing does.
func (s *Service) idempotency(n *taskhook.NewTask, account string, now time.Time) *taskhook.Idempotency {
	if n.IdempotencyKey == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(account + "\n" + n.IdempotencyKey))
	return &taskhook.Idempotency{Hash: hex.EncodeToString(sum[:]), Request: n.RequestHash, Expires: now.Add(s.IdempotencyLife)}
}

// newTask returns the task that is asked for.
func (s *Service) newTask(who taskhook.Identity, n taskhook.NewTask, now time.Time) taskhook.Task {
	return taskhook.Task{ID: taskhook.NewID(taskhook.PrefixTask, now), AccountID: who.AccountID, Face: n.Face,
		Provider: n.Provider, Capability: n.Capability, Model: n.Model, Input: catalogue.StripPrefix(n.Input),
		Metadata: n.Metadata, Echo: n.Echo, WebhookURL: n.WebhookURL, Test: who.Test, KeyID: who.KeyID, Step: n.Step,
		Priority: n.Priority, Pin: n.Pin, State: taskhook.TaskPending, CreatedAt: now}
}
