package pull

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/task"
)

// Leases keeps who has which run; see store.Store for what each promises.
type Leases interface {
	Queues(ctx context.Context) ([]taskhook.Queue, error)
	LeaseRuns(ctx context.Context, now time.Time, worker string, queues []taskhook.Queue, limit int,
		terms func(*taskhook.Task) (lease, timeout time.Duration)) ([]taskhook.RunLease, error)
	RunLease(ctx context.Context, id string) (_ taskhook.RunLease, ok bool, err error)
	RenewLease(ctx context.Context, now time.Time, l *taskhook.RunLease, until time.Time, percent int) (ok, draining bool, err error)
	EndLease(ctx context.Context, id string, due time.Time, uncounted bool) (ok bool, err error)
}

// Ends finds runs whose worker is lost, or which none fetches, and makes outcomes durable.
type Ends interface {
	Longest(ctx context.Context) ([]taskhook.ClaimedRun, error)
	Waiting(ctx context.Context, queue string, before time.Time, limit int) ([]taskhook.ClaimedRun, error)
	LapsedLeases(ctx context.Context, now time.Time) ([]taskhook.RunLease, error)
	FinishRun(ctx context.Context, now time.Time, e *taskhook.RunEnd) error
}

// Directory knows the workers.
type Directory interface {
	NoteWorker(ctx context.Context, now time.Time, w taskhook.Worker) (draining bool, err error)
	Draining(ctx context.Context, name string) (bool, error)
	DrainWorker(ctx context.Context, name string) error
	Workers(ctx context.Context) ([]taskhook.Worker, error)
	ForgetWorkers(ctx context.Context, before time.Time) (int64, error)
}

// Parts keeps what has arrived of results.
type Parts interface {
	AddPart(ctx context.Context, p taskhook.OutputPart) error
	Parts(ctx context.Context, lease string, output int) ([]taskhook.OutputPart, error)
	SpareParts(ctx context.Context, limit int) ([]string, error)
	RemoveParts(ctx context.Context, ids []string) error
}

// Files keeps results and the pieces of them. Put is durable on return.
type Files interface {
	Put(ctx context.Context, id, name string, r io.Reader) (artifact.File, error)
	Get(ctx context.Context, id string) (io.ReadSeekCloser, error)
	Remove(ctx context.Context, id string) error
}

// Inputs puts links into inputs that name uploaded files; see task.Inputs.
type Inputs interface {
	Resolve(ctx context.Context, account string, input json.RawMessage) (json.RawMessage, error)
}

// Options make a Service. All fields must be set but where nil has a meaning.
type Options struct {
	Leases    Leases
	Ends      Ends
	Directory Directory
	Parts     Parts
	Files     Files
	Inputs    Inputs
	Reports   task.Reports
	Catalogue *catalogue.Catalogue
	Outcomes  *task.Outcomes
	Endings   *task.Endings
	Wait      time.Duration // how long a task may wait for a worker, unless its model says; 0: for ever
	Logger    *slog.Logger
	Now       func() time.Time   // the time that all nodes go by
	PartSize  int64              // bytes of a result that are made durable at a time; 0: 16 MiB
	Fault     func(point string) // called between steps, for tests; may be nil
}

// Service decides about leases. It may be used concurrently.
type Service struct {
	Options
	teller task.Teller

	mu      sync.Mutex
	news    chan struct{} // closed when something may be there to fetch
	stopped bool
	ways    map[string]*task.Way // what is to be told, by lease
}

// New returns a Service.
func New(o Options) *Service {
	o.PartSize = cmp.Or(o.PartSize, 16<<20)
	return &Service{Options: o, teller: task.Teller{Reports: o.Reports, Outcomes: o.Outcomes}, news: make(chan struct{}), ways: map[string]*task.Way{}}
}

// Created tells that a run of an adapter is due. It does not wait.
func (s *Service) Created(adapter string) {
	if _, ok := catalogue.Pool(adapter); ok {
		s.wake(false)
	}
}

// Stop answers those who wait for tasks, now and from now on, so that the server can
// stop.
func (s *Service) Stop() { s.wake(true) }

func (s *Service) wake(stop bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = s.stopped || stop
	close(s.news)
	s.news = make(chan struct{})
}

// wakeup returns what is closed when something may be there, and whether nobody may
// wait for that any more.
func (s *Service) wakeup() (news <-chan struct{}, stopped bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.news, s.stopped
}

// model returns the model of a task, as it is configured now.
func (s *Service) model(k *taskhook.Task) (*catalogue.Model, error) {
	return s.Catalogue.Lookup(k.Provider, k.Capability, k.Model)
}

func (s *Service) fault(point string) {
	if s.Fault != nil {
		s.Fault(point)
	}
}

// Drain has a worker get no more tasks until it starts anew.
func (s *Service) Drain(ctx context.Context, worker string) error {
	err := s.Directory.DrainWorker(ctx, worker)
	s.wake(false)
	return err
}

// Workers lists the workers that were lately heard of, by name.
func (s *Service) Workers(ctx context.Context) ([]taskhook.Worker, error) {
	return s.Directory.Workers(ctx)
}
