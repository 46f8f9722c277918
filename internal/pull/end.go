package pull

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

// maxTries is how often a task is given to workers that fail, or are lost.
const maxTries = 3

// Result is what a worker says of an output that it has sent.
type Result struct {
	Name   string // the file's, such as "cat.png", whose extension decides where the bytes leave the format open
	Size   int64  // in bytes
	SHA256 string // hex
	Safety taskhook.Safety
}

// Complete ends a task well, with the outputs that have arrived, in order. What arrived
// must be what the worker says that it sent. It can be repeated: of a task that has ended
// well under the lease it says nothing.
func (s *Service) Complete(ctx context.Context, id string, results []Result) error {
	l, err := s.open(ctx, id)
	if err != nil {
		return unlessDone(&l, err)
	}
	if len(results) == 0 {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "outputs", "outputs must name at least one result.")
	}
	if len(results) > MaxOutputs {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "outputs", "outputs has more than %d results.", MaxOutputs)
	}
	ctx = context.WithoutCancel(ctx) // the worker may have gone; its work counts
	k := l.Task
	for i, r := range results {
		a, err := s.assemble(ctx, &l, i, r)
		if err != nil {
			s.discard(ctx, k.Results)
			return err
		}
		k.Results = append(k.Results, a)
	}
	k.State = taskhook.TaskSucceeded
	s.fault("lease:assembled")
	if err := s.finish(ctx, &l, k); taskhook.ErrorCode(err) != taskhook.CodeConflict {
		return err // of results that may be stored all the same nothing is removed
	}
	s.discard(ctx, k.Results)
	l, err = s.open(ctx, id) // another call of the worker may have been faster
	return unlessDone(&l, err)
}

// unlessDone returns the error of a lease that is over, but for that of a task that
// ended well.
func unlessDone(l *taskhook.RunLease, err error) error {
	if l.Task.State == taskhook.TaskSucceeded && !l.Open {
		return nil
	}
	return err
}

// finish makes the outcome durable. It is a CodeConflict when the run is no longer
// under the lease; after other errors it may be stored all the same.
func (s *Service) finish(ctx context.Context, l *taskhook.RunLease, k taskhook.Task) error {
	now := s.Now()
	k.FinishedAt = now
	end := &taskhook.RunEnd{Lease: l.ID, Run: l.Run, Task: k, Publication: s.Outcomes.Publication(k, now)}
	if err := s.Ends.FinishRun(ctx, now, end); err != nil {
		return fmt.Errorf("store outcome: %w", err)
	}
	if end.Stale {
		return lost()
	}
	s.Endings.Announce(&k)
	if end.Next != "" {
		s.Created(end.Next)
	}
	return nil
}

// fail ends a task badly.
func (s *Service) fail(ctx context.Context, l *taskhook.RunLease, code, message string) error {
	k := l.Task
	k.State, k.Error = taskhook.TaskFailed, &taskhook.TaskError{Code: code, Message: message}
	return s.finish(ctx, l, k)
}

// Fail is of a worker that could not do a task. What it says of a permanent failure is
// the task's error; after others the task is tried again, three times in all.
func (s *Service) Fail(ctx context.Context, id, message string, permanent bool) error {
	l, err := s.open(ctx, id)
	if err != nil {
		if l.Task.State == taskhook.TaskFailed && !l.Open {
			return nil // this repeats a call whose answer was lost
		}
		return err
	}
	s.Logger.Info("a worker failed", "task", l.Run.TaskID, "worker", l.Task.Worker, "try", l.Claims, "permanent", permanent, "message", message)
	if permanent || l.Claims >= maxTries {
		return s.fail(ctx, &l, taskhook.TaskErrorProvider, sentence(message))
	}
	return s.giveBack(ctx, &l, s.Now().Add(pause(l.Claims)), false)
}

// pause is how long a task that failed waits before its next try.
func pause(tries int) time.Duration { return time.Second << (2 * min(tries, 5)) }

// sentence makes what a worker says fit for users.
func sentence(text string) string {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?")))
	if text == "" {
		return "The worker could not do the task, and did not say why."
	}
	if runes := []rune(text); len(runes) > 500 {
		return string(runes[:499]) + "…"
	}
	return text
}

// assemble makes the result of the pieces that have arrived.
func (s *Service) assemble(ctx context.Context, l *taskhook.RunLease, output int, r Result) (a taskhook.Artifact, err error) {
	parts, err := s.Parts.Parts(ctx, l.ID, output)
	if err != nil {
		return a, err
	}
	if have := sizeOf(parts); have != r.Size || have == 0 {
		return a, taskhook.FieldErrorf(taskhook.CodeInvalid, "outputs", "Output %d has %d bytes, and %d have arrived. Go on with it at offset %d.",
			output, r.Size, have, have)
	}
	now := s.Now()
	id := taskhook.NewID(taskhook.PrefixArtifact, now)
	source := &joined{ctx: ctx, files: s.Files, parts: parts}
	file, err := s.Files.Put(ctx, id, r.Name, source)
	err = errors.Join(err, source.Close())
	if errors.Is(err, fs.ErrNotExist) { // the files were left behind when the database was moved
		return a, errors.Join(taskhook.FieldErrorf(taskhook.CodeInvalid, "outputs", "What had arrived of output %d is gone. Send it again from offset 0.", output),
			s.removeParts(ctx, parts))
	}
	if err != nil {
		return a, fmt.Errorf("put the pieces of a result together: %w", err)
	}
	k := &l.Task
	a = taskhook.Artifact{ID: id, TaskID: k.ID, Index: output, Name: artifact.Name(k.ID, output, file.Format), Format: file.Format,
		MediaType: file.MediaType, Size: file.Size, SHA256: file.SHA256, Duration: file.Duration, Safety: r.Safety, CreatedAt: now}
	if strings.EqualFold(file.SHA256, r.SHA256) {
		return a, nil
	}
	s.discard(ctx, []taskhook.Artifact{a})
	if err := s.removeParts(ctx, parts); err != nil {
		return a, err
	}
	return a, taskhook.FieldErrorf(taskhook.CodeInvalid, "outputs",
		"Output %d arrived with the SHA-256 %s, which is not what the worker says. It was dropped; send it again from offset 0.", output, file.SHA256)
}

// discard removes the files of results that do not count.
func (s *Service) discard(ctx context.Context, results []taskhook.Artifact) {
	for _, a := range results {
		if err := s.Files.Remove(ctx, a.ID); err != nil {
			s.Logger.Warn("remove result", "id", a.ID, "error", err) // found as a leftover
		}
	}
}
