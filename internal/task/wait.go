package task

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
)

// Endings tells who waits for a task in this process that it has ended.
type Endings struct {
	mu      sync.Mutex
	waiting map[string][]chan struct{} // by task id; nil: nobody is to wait any more
	step    func()
	batch   func()
	video   func()
}

// NewEndings returns an Endings that nobody waits at.
func NewEndings() *Endings { return &Endings{waiting: map[string][]chan struct{}{}} }

// Stop lets all who wait go, now and from now on, so that the server can stop.
func (e *Endings) Stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, list := range e.waiting {
		for _, ended := range list {
			close(ended)
		}
	}
	e.waiting = nil
}

// stopped reports whether Stop was called.
func (e *Endings) stopped() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.waiting == nil
}

// OnStep has f called when a task has ended that is a step of a workflow. It must
// not wait, and must be set before anything ends.
func (e *Endings) OnStep(f func()) { e.step = f }

// OnBatch is the same of a task of a batch.
func (e *Endings) OnBatch(f func()) { e.batch = f }

// OnVideo is the same of a task that has made a video.
func (e *Endings) OnVideo(f func()) { e.video = f }

// Announce tells that a task has ended.
func (e *Endings) Announce(k *taskhook.Task) {
	if k.Face == taskhook.FaceWorkflow && e.step != nil {
		e.step()
	}
	if k.BatchID != "" && e.batch != nil {
		e.batch()
	}
	if e.video != nil && slices.ContainsFunc(k.Results, func(a taskhook.Artifact) bool { return a.IsVideo() }) {
		e.video()
	}
	taskID := k.ID
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ended := range e.waiting[taskID] {
		close(ended)
	}
	delete(e.waiting, taskID)
}

// watch returns a channel that is closed when the task ends; forget must be called
// when it is no longer of interest.
func (e *Endings) watch(taskID string) (ended <-chan struct{}, forget func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	mine := make(chan struct{})
	if e.waiting == nil {
		return mine, func() {}
	}
	e.waiting[taskID] = append(e.waiting[taskID], mine)
	return mine, func() { e.forget(taskID, mine) }
}

func (e *Endings) forget(taskID string, mine chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var others []chan struct{}
	for _, other := range e.waiting[taskID] {
		if other != mine {
			others = append(others, other)
		}
	}
	if len(others) == 0 {
		delete(e.waiting, taskID)
		return
	}
	e.waiting[taskID] = others
}

// lookAgain is how often a waiting request reads its task, which another process
// may have ended.
const lookAgain = time.Second

// Await returns the task when it has ended, or as it stands when ctx ends or the
// server stops, which is no error.
func (s *Service) Await(ctx context.Context, account, id string) (taskhook.Task, error) {
	ended, forget := s.Endings.watch(id)
	defer forget()
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		k, err := s.Task(context.WithoutCancel(ctx), account, id)
		if err != nil || k.State.Final() || ctx.Err() != nil || s.Endings.stopped() {
			return k, err
		}
		select {
		case <-ended:
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}
