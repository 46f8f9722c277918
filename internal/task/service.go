package task

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/provider"
)

// Store is what the Service asks of storage. CreateTask is durable on return, and
// of two concurrent calls with one idempotency key one creates and both return
// the same task.
type Store interface {
	CreateTask(ctx context.Context, now time.Time, task taskhook.Task, run taskhook.Run, key *taskhook.Idempotency) (_ taskhook.Task, existed bool, err error)
	Task(ctx context.Context, account, id string) (taskhook.Task, error)
	Tasks(ctx context.Context, f taskhook.TaskFilter) (taskhook.List[taskhook.Task], error)
	CancelTask(ctx context.Context, now time.Time, account, id string) (taskhook.Task, error)
}

// Inputs lets inputs name uploaded files. Reference takes links to them out of an
// input that is to be stored, and Resolve puts fresh ones into an input that a
// provider is to get. A file that the account has not is CodeInvalid.
type Inputs interface {
	Reference(ctx context.Context, account string, input json.RawMessage) (json.RawMessage, error)
	Resolve(ctx context.Context, account string, input json.RawMessage) (json.RawMessage, error)
}

// ServiceOptions make a Service.
type ServiceOptions struct {
	Store     Store
	Inputs    Inputs
	Catalogue *catalogue.Catalogue
	Adapters  *provider.Registry
	CheckURL  func(raw string) (*url.URL, error) // may a webhook go there
	Dev       bool                               // models without a provider run on the sandbox
	// IdempotencyLife is how long an idempotency key stands for its task; 0: two days.
	IdempotencyLife time.Duration
	Now             func() time.Time // the time that all nodes go by; nil: time.Now
	Endings         *Endings         // shared with the Worker
	Vendors         *Vendors         // the same
	Workers         Workers
	Created         func(adapter string) // a run is due; it must not wait
	Cancelled       func(taskID string)  // a task was cancelled; it must not wait
}

// Service decides about tasks.
type Service struct{ ServiceOptions }

// NewService returns a Service.
func NewService(o ServiceOptions) *Service {
	o.IdempotencyLife = cmp.Or(o.IdempotencyLife, 48*time.Hour)
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{o}
}

// Create admits a task and makes it durable. Existed says that its idempotency
// key stood for it already.
func (s *Service) Create(ctx context.Context, who taskhook.Identity, n taskhook.NewTask) (_ taskhook.Task, existed bool, err error) {
	now := s.Now()
	return s.admit(ctx, who, s.newTask(who, n, now), "", s.idempotency(&n, who.AccountID, now))
}

// admit checks a task against the catalogue and what its maker may do, and stores
// it with its first run, which waits for the work of the handle if there is one.
func (s *Service) admit(ctx context.Context, who taskhook.Identity, k taskhook.Task, handle string, key *taskhook.Idempotency) (_ taskhook.Task, existed bool, err error) {
	run, err := s.prepare(ctx, who, &k)
	if err != nil {
		return k, false, err
	}
	if handle != "" { // whoever runs the model by now, the work is where it is
		run.Submission, run.Handle = taskhook.SubmissionSent, handle
		run.Adapter, run.Queue = k.Adapter, queueName(k.Adapter, &k)
	}
	k, existed, err = s.Store.CreateTask(ctx, k.CreatedAt, k, run, key)
	if err == nil && !existed {
		s.Created(run.Adapter)
	}
	return k, existed, err
}

// prepare checks a task against the catalogue and what its maker may do, and returns
// its first run.
func (s *Service) prepare(ctx context.Context, who taskhook.Identity, k *taskhook.Task) (taskhook.Run, error) {
	adapter, err := s.check(k)
	if err == nil {
		err = who.Need(taskhook.CreateScope(k.Medium))
	}
	if err == nil {
		err = s.checkPin(ctx, k, adapter)
	}
	if err == nil {
		k.Input, err = s.Inputs.Reference(ctx, k.AccountID, k.Input)
	}
	return taskhook.Run{ID: taskhook.NewID(taskhook.PrefixRun, k.CreatedAt), TaskID: k.ID, Number: 1, Adapter: adapter,
		Queue: queueName(adapter, k), Submission: taskhook.SubmissionUnsent, DueAt: k.CreatedAt}, err
}

// queueName is where a task waits for a worker; empty: no worker runs it.
func queueName(adapter string, k *taskhook.Task) string {
	if pool, ok := catalogue.Pool(adapter); ok {
		return taskhook.QueueName(pool, k.Provider, k.Model, k.Pin)
	}
	return ""
}

// check completes the task from the catalogue, or says what is wrong with it.
func (s *Service) check(k *taskhook.Task) (adapter string, err error) {
	model, err := s.Catalogue.Lookup(k.Provider, k.Capability, k.Model)
	if err != nil {
		return "", err
	}
	if k.WebhookURL != "" {
		if _, err := s.CheckURL(k.WebhookURL); err != nil {
			return "", taskhook.FieldErrorf(taskhook.CodeInvalid, "webhookUrl", "webhookUrl can't be used: %s", err)
		}
	}
	if err := model.Validate(k.Input); err != nil {
		return "", err
	}
	if adapter, err = model.AdapterFor(k.Test, s.Dev); err != nil {
		return "", err
	}
	if adapter == model.Adapter && len(model.Vendors) > 1 {
		adapter, _ = s.Vendors.choose(model, "", k.CreatedAt)
	}
	if found, ok := s.Adapters.Adapter(adapter); ok {
		if v, ok := found.(provider.Validator); ok {
			if err := v.Validate(k.Input); err != nil {
				return "", err
			}
		}
	}
	k.Capability, k.Medium, k.Estimated = model.Capability, model.Medium, model.Estimate
	if k.Sandbox = adapter == catalogue.Sandbox; !k.Sandbox {
		k.Price = model.Price // what is made up costs nothing
	}
	return adapter, nil
}

// Task returns a task of the account.
func (s *Service) Task(ctx context.Context, account, id string) (taskhook.Task, error) {
	if !taskhook.HasIDForm(taskhook.PrefixTask, id) {
		return taskhook.Task{}, taskhook.Errorf(taskhook.CodeTaskNotFound, "There is no task %.80q in this account.", id)
	}
	return s.Store.Task(ctx, account, id)
}

// Tasks lists tasks, newest first.
func (s *Service) Tasks(ctx context.Context, f taskhook.TaskFilter) (taskhook.List[taskhook.Task], error) {
	return s.Store.Tasks(ctx, f)
}

// Cancel ends an unfinished task; what runs for it is stopped. No event is
// published.
func (s *Service) Cancel(ctx context.Context, account, id string) (taskhook.Task, error) {
	if _, err := s.Task(ctx, account, id); err != nil {
		return taskhook.Task{}, err
	}
	k, err := s.Store.CancelTask(ctx, s.Now(), account, id)
	if err == nil {
		s.Cancelled(id)
		s.Created(k.Adapter) // if no node has the run, one calls off what is known elsewhere
		s.Endings.Announce(&k)
		s.next(&k)
	}
	return k, err
}

// next wakes who runs the task of a batch that may begin now that k has ended.
func (s *Service) next(k *taskhook.Task) {
	if k.BatchID == "" {
		return
	}
	if model, err := s.Catalogue.Lookup(k.Provider, k.Capability, k.Model); err == nil {
		if adapter, err := model.AdapterFor(k.Test, s.Dev); err == nil {
			s.Created(adapter)
		}
		for _, v := range model.Vendors {
			s.Created(v.Adapter)
		}
	}
}

// Retry makes a new task of a failed or expired one, which stays as it is. With a
// handle, by which the provider knows work that this server does not know of, the
// new task waits for that and asks for nothing.
func (s *Service) Retry(ctx context.Context, who taskhook.Identity, id, handle string) (taskhook.Task, error) {
	old, err := s.Task(ctx, who.AccountID, id)
	if err != nil {
		return old, err
	}
	if old.State != taskhook.TaskFailed && old.State != taskhook.TaskExpired {
		return old, taskhook.Errorf(taskhook.CodeConflict, "The task is %s; only a failed or expired task can be retried.", old.State)
	}
	now := s.Now()
	k := taskhook.Task{ID: taskhook.NewID(taskhook.PrefixTask, now), AccountID: old.AccountID, Face: old.Face,
		Provider: old.Provider, Capability: old.Capability, Model: old.Model, Input: old.Input, Metadata: old.Metadata, Echo: old.Echo,
		WebhookURL: old.WebhookURL, Test: who.Test, KeyID: who.KeyID, RetryOf: old.ID,
		Priority: old.Priority, Pin: old.Pin, State: taskhook.TaskPending, CreatedAt: now}
	if handle != "" {
		if k.Adapter, err = s.keeper(&k, old.Adapter); err != nil {
			return old, err
		}
	}
	k, _, err = s.admit(ctx, who, k, handle, nil)
	return k, err
}

// keeper returns the adapter of whoever knows the task's work by a handle: the one
// that was asked, if it is still there.
func (s *Service) keeper(k *taskhook.Task, asked string) (string, error) {
	model, err := s.Catalogue.Lookup(k.Provider, k.Capability, k.Model)
	if err != nil {
		return "", err
	}
	name, err := model.AdapterFor(k.Test, s.Dev)
	if err != nil {
		return "", err
	}
	for _, name := range []string{asked, name} {
		adapter, _ := s.Adapters.Adapter(name)
		if _, ok := adapter.(provider.Remote); ok {
			return name, nil
		}
	}
	return "", taskhook.FieldErrorf(taskhook.CodeInvalid, "handle", "The model is run by this server itself or by workers, so there is nothing to attach; leave out handle.")
}

// Models lists what can be asked for.
func (s *Service) Models() []*catalogue.Model { return s.Catalogue.Models() }
