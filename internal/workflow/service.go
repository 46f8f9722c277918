package workflow

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"time"

	"github.com/taskhook/taskhook"
)

// Store is what the Service asks of storage about definitions. A workflow of
// another account is CodeNotFound.
type Store interface {
	CreateWorkflow(ctx context.Context, w taskhook.Workflow) error
	UpdateWorkflow(ctx context.Context, now time.Time, w taskhook.Workflow) (taskhook.Workflow, error)
	DeleteWorkflow(ctx context.Context, now time.Time, account, id string) error
	Workflow(ctx context.Context, account, id string) (taskhook.Workflow, error)
	Workflows(ctx context.Context, f taskhook.WorkflowFilter) (taskhook.List[taskhook.Workflow], error)
}

// Executions is what the Service asks of storage about executions. CreateExecution
// is durable on return; the id is that of an execution which the key stood for
// already, or the new one. When perMinute of the workflow were started through the
// face in the last minute, it is CodeRateLimited.
type Executions interface {
	CreateExecution(ctx context.Context, x taskhook.Execution, perMinute int, key *taskhook.Idempotency) (id string, err error)
	Execution(ctx context.Context, account, id string) (taskhook.Execution, error)
	Executions(ctx context.Context, f taskhook.ExecutionFilter) (taskhook.List[taskhook.Execution], error)
	CancelExecution(ctx context.Context, now time.Time, account, id string) (stopped []string, err error)
}

// Linker makes the links that stand in outputs, valid as long as the result is
// kept.
type Linker interface {
	Permanent(a taskhook.Artifact) string
}

// ServiceOptions make a Service.
type ServiceOptions struct {
	Store      Store
	Executions Executions
	Models     Models
	Links      Linker
	CheckURL   func(raw string) (*url.URL, error) // may a webhook go there
	Dev        bool                               // models without a provider run on the sandbox
	// IdempotencyLife is how long an idempotency key stands for its execution; 0: two
	// days.
	IdempotencyLife time.Duration
	Now             func() time.Time    // the time that all nodes go by; nil: time.Now
	Started         func()              // an execution is due; it must not wait
	Stopped         func(taskID string) // a task was cancelled; it must not wait
}

// Service decides about workflows. It may be used concurrently.
type Service struct{ ServiceOptions }

// NewService returns a Service.
func NewService(o ServiceOptions) *Service {
	o.IdempotencyLife = cmp.Or(o.IdempotencyLife, 48*time.Hour)
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{o}
}

// Create keeps a new workflow. What is wrong with its definition is CodeInvalid,
// with its place.
func (s *Service) Create(ctx context.Context, account string, source taskhook.Source) (taskhook.Workflow, error) {
	now := s.Now()
	w := taskhook.Workflow{ID: taskhook.NewID(taskhook.PrefixWorkflow, now), AccountID: account, Version: 1, CreatedAt: now, UpdatedAt: now}
	if err := s.describe(&w, source); err != nil {
		return w, err
	}
	return w, s.Store.CreateWorkflow(ctx, w)
}

// Update makes a new version of a workflow. Executions that go on keep theirs.
func (s *Service) Update(ctx context.Context, account, id string, source taskhook.Source) (taskhook.Workflow, error) {
	w := taskhook.Workflow{ID: id, AccountID: account}
	if err := s.describe(&w, source); err != nil {
		return w, err
	}
	return s.Store.UpdateWorkflow(ctx, s.Now(), w)
}

// describe checks a definition and takes name and description from it.
func (s *Service) describe(w *taskhook.Workflow, source taskhook.Source) error {
	d, err := Parse(source)
	if err == nil {
		err = d.Check(s.Models)
	}
	if err != nil {
		return err
	}
	if d.WebhookURL != "" {
		if _, err := s.CheckURL(d.WebhookURL); err != nil {
			return d.doc.wrong("/webhook", "webhook can't be used: %s", err)
		}
	}
	w.Name, w.Description, w.Source = d.Name, d.Description, source
	return nil
}

// Delete makes a workflow one that is not found. Its executions go on.
func (s *Service) Delete(ctx context.Context, account, id string) error {
	return s.Store.DeleteWorkflow(ctx, s.Now(), account, id)
}

// Get returns a workflow in its newest version.
func (s *Service) Get(ctx context.Context, account, id string) (taskhook.Workflow, error) {
	return s.Store.Workflow(ctx, account, id)
}

// List lists workflows, newest first.
func (s *Service) List(ctx context.Context, f taskhook.WorkflowFilter) (taskhook.List[taskhook.Workflow], error) {
	return s.Store.Workflows(ctx, f)
}

// Start starts an execution, which is durable on return. Its tasks are made with
// the key of who and paid by it; that they may be is checked here for all of them.
func (s *Service) Start(ctx context.Context, who taskhook.Identity, n taskhook.NewExecution) (taskhook.Execution, error) {
	var x taskhook.Execution
	w, err := s.Store.Workflow(ctx, who.AccountID, n.WorkflowID)
	if err != nil {
		return x, err
	}
	d, err := Parse(w.Source)
	if err == nil {
		err = s.permit(who, d)
	}
	if err != nil {
		return x, err
	}
	now := s.Now()
	x = taskhook.Execution{ID: taskhook.NewID(taskhook.PrefixExecution, now), AccountID: who.AccountID, WorkflowID: w.ID, WorkflowName: w.Name,
		Version: w.Version, Source: w.Source, Face: n.Face, KeyID: who.KeyID, Test: who.Test, WebhookURL: d.WebhookURL,
		State: taskhook.ExecutionPending, CreatedAt: now}
	if x.Input, err = d.admit(n.Input); err != nil {
		return x, err
	}
	if n.WebhookURL != "" {
		if _, err := s.CheckURL(n.WebhookURL); err != nil {
			return x, taskhook.FieldErrorf(taskhook.CodeInvalid, "webhookUrl", "webhookUrl can't be used: %s", err)
		}
		x.WebhookURL = n.WebhookURL
	}
	for i := range d.Steps {
		x.Steps = append(x.Steps, taskhook.ExecutionStep{ID: d.Steps[i].ID, State: taskhook.StepWaiting})
	}
	id, err := s.Executions.CreateExecution(ctx, x, n.PerMinute, s.key(who, n, now))
	if err != nil {
		return x, err
	}
	if id != x.ID {
		return s.Executions.Execution(ctx, who.AccountID, id)
	}
	s.Started()
	return x, nil
}

// key is what makes a start repeatable, nil where the client has given none.
func (s *Service) key(who taskhook.Identity, n taskhook.NewExecution, now time.Time) *taskhook.Idempotency {
	if n.IdempotencyKey == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(who.AccountID + "\n" + n.IdempotencyKey))
	return &taskhook.Idempotency{Hash: hex.EncodeToString(sum[:]), Request: n.RequestHash, Expires: now.Add(s.IdempotencyLife)}
}

// permit refuses an execution whose steps would all the same be refused later.
func (s *Service) permit(who taskhook.Identity, d *Definition) error {
	for i := range d.Steps {
		step := &d.Steps[i]
		m, err := s.Models.Lookup(step.Provider, step.Capability, step.Model)
		if err == nil {
			_, err = m.AdapterFor(who.Test, s.Dev)
		}
		if err == nil {
			err = who.Need(taskhook.CreateScope(m.Medium))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Execution returns an execution with its steps.
func (s *Service) Execution(ctx context.Context, account, id string) (taskhook.Execution, error) {
	return s.Executions.Execution(ctx, account, id)
}

// ListExecutions lists executions, newest first.
func (s *Service) ListExecutions(ctx context.Context, f taskhook.ExecutionFilter) (taskhook.List[taskhook.Execution], error) {
	return s.Executions.Executions(ctx, f)
}

// Cancel ends an unfinished execution and its tasks. No event is published.
func (s *Service) Cancel(ctx context.Context, account, id string) (taskhook.Execution, error) {
	stopped, err := s.Executions.CancelExecution(ctx, s.Now(), account, id)
	if err != nil {
		return taskhook.Execution{}, err
	}
	for _, task := range stopped {
		s.Stopped(task)
	}
	return s.Executions.Execution(ctx, account, id)
}

// Output returns what an ended execution has made, with links to results that are
// valid as long as they are kept: an object in JavaScript's normal form, or nil.
func (s *Service) Output(x *taskhook.Execution) (json.RawMessage, error) {
	d, err := Parse(x.Source)
	if err != nil {
		return nil, err
	}
	return d.output(x, s.Links.Permanent)
}
