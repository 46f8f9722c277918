package pull

import (
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

// The bounds of one call for tasks.
const (
	MaxWait     = time.Minute // that nothing is there
	MaxCapacity = 100         // tasks given at once
)

// maxSilence is how often a worker is to be heard of at least, and with it how soon it
// learns of a cancel.
const maxSilence = 10 * time.Second

// lookAgain is how often one who waits looks for what another node was given.
const lookAgain = time.Second

// Job is a task as its worker gets it.
type Job struct {
	taskhook.RunLease
	Input json.RawMessage // with links to uploaded files
	Every time.Duration   // how often the worker should be heard of
}

// Lease gives a worker up to limit tasks that it may take. While there is none it waits.
// Draining says that it is to get none any more. The key is the worker's.
func (s *Service) Lease(ctx context.Context, key taskhook.Limits, w taskhook.Worker, limit int, wait time.Duration) (_ []Job, draining bool, err error) {
	if err := checkWorker(&w); err != nil {
		return nil, false, err
	}
	news, stopped := s.wakeup() // before each look, or what comes meanwhile is missed
	if draining, err = s.Directory.NoteWorker(ctx, s.Now(), w); err != nil || draining {
		return nil, draining, err
	}
	waiting, cancel := context.WithTimeout(ctx, min(wait, MaxWait))
	defer cancel()
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for ctx.Err() == nil { // a task for who has hung up would wait for the end of its lease
		jobs, err := s.take(context.WithoutCancel(ctx), key, &w, min(limit, MaxCapacity))
		if err != nil || len(jobs) > 0 || stopped || waiting.Err() != nil {
			return jobs, false, err
		}
		select {
		case <-news:
		case <-tick.C:
		case <-waiting.Done():
		}
		news, stopped = s.wakeup()
		if draining, err = s.Directory.Draining(context.WithoutCancel(ctx), w.Name); err != nil || draining {
			return nil, draining, err
		}
	}
	return nil, false, nil
}

func checkWorker(w *taskhook.Worker) error {
	switch {
	case w.Name == "":
		return taskhook.FieldErrorf(taskhook.CodeMissing, "worker", "worker is required: what the worker is called.")
	case !taskhook.ValidWorkerName(w.Name):
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "worker", "worker must be of letters, digits and . _ -, at most 100.")
	case len(w.Version) > taskhook.MaxWorkerVersion || strings.ContainsFunc(w.Version, unicode.IsControl):
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "version", "version must be a short text, at most %d bytes.", taskhook.MaxWorkerVersion)
	case w.Pool == "":
		w.Pool = taskhook.DefaultPool
	}
	for _, label := range w.Labels {
		if !taskhook.ValidLabel(label) {
			return taskhook.FieldErrorf(taskhook.CodeInvalid, "labels", "%.80q can't be a label. Write it like gpu=a100.", label)
		}
	}
	return nil
}

// take looks for what the worker may have, which costs no write, and then takes it.
func (s *Service) take(ctx context.Context, key taskhook.Limits, w *taskhook.Worker, limit int) ([]Job, error) {
	waiting, err := s.Leases.Queues(ctx)
	if err != nil {
		return nil, err
	}
	var mine []taskhook.Queue
	for _, q := range waiting {
		if w.Takes(q.Name) && key.Covers(q.Name) {
			mine = append(mine, q)
		}
	}
	if len(mine) == 0 || limit < 1 {
		return nil, nil
	}
	leases, err := s.Leases.LeaseRuns(ctx, s.Now(), w.Name, mine, limit, s.terms)
	if err != nil {
		return nil, err
	}
	s.fault("lease:taken")
	var jobs []Job
	for _, l := range leases {
		job, ok, err := s.prepare(ctx, l)
		if err != nil {
			s.warn("prepare the task for a worker", &l, err)
			s.giveBack(ctx, &l, s.Now().Add(time.Second), true)
		}
		if ok {
			jobs = append(jobs, job)
			s.moved(&l, 0)
		}
	}
	return jobs, nil
}

// terms are those of a task's model. One that is no longer known is found out by
// prepare.
func (s *Service) terms(k *taskhook.Task) (lease, timeout time.Duration) {
	m, err := s.model(k)
	if err != nil {
		return time.Minute, time.Minute
	}
	return m.Lease, m.Timeout
}

// prepare completes what the worker is given; ok is false when there is nothing to
// give, because the task has failed.
func (s *Service) prepare(ctx context.Context, l taskhook.RunLease) (_ Job, ok bool, err error) {
	k := &l.Task
	m, err := s.model(k)
	if err != nil {
		return Job{}, false, s.unknown(ctx, &l, err)
	}
	input, err := s.Inputs.Resolve(ctx, k.AccountID, provider.WithoutSteering(k.Input))
	if taskhook.ErrorCode(err) == taskhook.CodeInvalid {
		return Job{}, false, s.fail(ctx, &l, taskhook.TaskErrorProvider, err.Error())
	}
	if err != nil {
		return Job{}, false, err
	}
	return Job{RunLease: l, Input: input, Every: every(m.Lease)}, true, nil
}

// unknown fails a task whose model is gone from the catalogue.
func (s *Service) unknown(ctx context.Context, l *taskhook.RunLease, why error) error {
	return s.fail(ctx, l, taskhook.TaskErrorNoProvider, "The server no longer knows this model: "+why.Error())
}

// every is how often a worker should be heard of.
func every(lease time.Duration) time.Duration { return min(lease/3, maxSilence) }

// Standing is what a worker is told about a lease of its own.
type Standing string

// All of them. Only of a task that goes on the worker should do more.
const (
	GoOn      Standing = "continue"
	Cancelled Standing = "cancelled" // nobody wants the task any more
	Ended     Standing = "ended"     // its outcome is known
	Lost      Standing = "lost"      // another worker has the task, or may have it, or it is gone
)

// standing says how a lease stands.
func (s *Service) standing(ctx context.Context, id string) (l taskhook.RunLease, _ Standing, err error) {
	if !taskhook.HasIDForm(taskhook.PrefixLease, id) {
		return l, Lost, nil
	}
	l, ok, err := s.Leases.RunLease(ctx, id)
	switch {
	case err != nil || !ok:
		return l, Lost, err
	case l.Open:
		return l, GoOn, nil
	case l.Task.State == taskhook.TaskCancelled:
		return l, Cancelled, nil
	}
	return l, Ended, nil
}

// Heartbeat is the answer to a sign of life. While the standing is GoOn, the task is the
// worker's own until the time.
type Heartbeat struct {
	Standing Standing
	Until    time.Time
	Every    time.Duration // how often the worker should be heard of from now on: the catalogue may have changed
	Draining bool          // it will get no other task
}

// Heartbeat notes that a worker is there, and how far it is.
func (s *Service) Heartbeat(ctx context.Context, id string, percent int) (h Heartbeat, err error) {
	l, standing, err := s.standing(ctx, id)
	if err != nil || standing != GoOn {
		return Heartbeat{Standing: standing}, err
	}
	now := s.Now()
	if !now.Before(l.Deadline) {
		return Heartbeat{Standing: Cancelled}, nil // it is ended as timed out
	}
	lease, _ := s.terms(&l.Task)
	h = Heartbeat{Standing: GoOn, Until: now.Add(lease), Every: every(lease)}
	if h.Until.After(l.Deadline) {
		h.Until = l.Deadline
	}
	percent = min(max(percent, 0), 99)
	ok, draining, err := s.Leases.RenewLease(ctx, now, &l, h.Until, percent)
	if err != nil {
		return Heartbeat{}, err
	}
	if !ok { // since we looked
		_, standing, err = s.standing(ctx, id)
		return Heartbeat{Standing: standing}, err
	}
	if percent > l.Task.Progress {
		s.moved(&l, percent)
	}
	h.Draining = draining
	return h, nil
}

// Release gives a task back that the worker will not do; that does not count as a try.
// Of a lease that is over it is a CodeConflict, as of all that follow.
func (s *Service) Release(ctx context.Context, id string) error {
	l, err := s.open(ctx, id)
	if err == nil {
		err = s.giveBack(ctx, &l, s.Now(), true)
	}
	return err
}

// giveBack lets others take the run from due on.
func (s *Service) giveBack(ctx context.Context, l *taskhook.RunLease, due time.Time, uncounted bool) error {
	ok, err := s.Leases.EndLease(ctx, l.ID, due, uncounted)
	if err == nil && !ok {
		err = lost()
	}
	s.wake(false)
	return err
}

// open returns a lease that is not over, or says in what way it is.
func (s *Service) open(ctx context.Context, id string) (l taskhook.RunLease, err error) {
	l, standing, err := s.standing(ctx, id)
	switch {
	case err != nil || standing == GoOn:
		return l, err
	case standing == Cancelled:
		return l, taskhook.Errorf(taskhook.CodeConflict, "The task was cancelled. Stop working on it.")
	case standing == Ended:
		return l, taskhook.Errorf(taskhook.CodeConflict, "The task has ended as %s. Stop working on it.", l.Task.State)
	}
	return l, lost()
}

func lost() error {
	return taskhook.Errorf(taskhook.CodeConflict,
		"The lease is over: nothing was heard of the worker for too long, so the task was given to another, or it is gone. Nothing was changed; stop working on it.")
}

func (s *Service) warn(what string, l *taskhook.RunLease, err error) {
	s.Logger.Warn(what, "task", l.Run.TaskID, "run", l.Run.ID, "worker", l.Task.Worker, "error", err)
}
