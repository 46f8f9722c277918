package store

import (
	"context"

	"github.com/taskhook/taskhook"
)

// endRuns moves runs and tasks to their final states, adds the artifacts, moves the
// money and counts the usage.
func (s *Store) endRuns(ctx context.Context, t tx, items []*write) error {
	all := make([]*finishedRun, len(items))
	for i, w := range items {
		all[i] = w.item.(*finishedRun)
	}
	done, err := doneRuns(ctx, t, all)
	if err != nil {
		return err
	}
	ended, err := endTasks(ctx, t, done)
	if err != nil {
		return err
	}
	for _, f := range ended {
		if err := f.leave(ctx, t); err != nil {
			return err
		}
	}
	if err := s.insertResults(ctx, t, ended); err != nil {
		return err
	}
	return settleRuns(ctx, t, ended)
}

// leave takes the task that has ended out of what it was part of.
func (f *finishedRun) leave(ctx context.Context, t tx) error {
	k := &f.Task
	if err := dropReports(ctx, t, &f.ended.Task); err != nil {
		return err
	}
	next, err := endInBatch(ctx, t, k.FinishedAt, &f.ended.Task)
	if err != nil {
		return err
	}
	f.Next = next
	if f.ended.Face != taskhook.FaceWorkflow {
		return nil
	}
	return endStep(ctx, t, k.FinishedAt, k.ID, k.State, f.failure)
}

// doneRuns ends the runs and returns those that were still their node's. Of the
// others it finds out why they were not.
func doneRuns(ctx context.Context, t tx, all []*finishedRun) (done []*finishedRun, err error) {
	args := make([]any, 0, len(all)*len(bulkColumns[doneRows]))
	for _, f := range all {
		submission := taskhook.SubmissionSent
		if f.Run.Submission == taskhook.SubmissionUnknown || f.Node == "" && f.Lease == "" {
			submission = f.Run.Submission
		}
		args = append(args, f.Run.ID, f.Node, string(submission), f.Lease)
	}
	ids, err := collectMany(ctx, t, scanInto[string], doneRows, args)
	if err != nil {
		return nil, err
	}
	is := asSet(ids)
	for _, f := range all {
		f.Stale, f.known = false, false
		if is[f.Run.ID] {
			delete(is, f.Run.ID) // a second end of the same run is a repeat
			done = append(done, f)
			continue
		}
		if f.known, err = f.publication.known(ctx, t); err != nil {
			return nil, err
		}
		f.Stale = !f.known
	}
	return done, nil
}

// endTasks ends the tasks of runs and returns those that had not ended.
func endTasks(ctx context.Context, t tx, all []*finishedRun) (ended []*finishedRun, err error) {
	args := make([]any, 0, len(all)*len(bulkColumns[endedRows]))
	for _, f := range all {
		k := &f.Task
		progress := k.Progress
		if k.State == taskhook.TaskSucceeded {
			progress = 100
		}
		if f.failure, err = failureText(k.Error); err != nil {
			return nil, err
		}
		args = append(args, k.ID, string(k.State), f.failure, progress, ms(k.FinishedAt))
	}
	stored, err := collectMany(ctx, t, scanEnded, endedRows, args)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]endedTask, len(stored))
	for _, k := range stored {
		byID[k.ID] = k
	}
	for _, f := range all {
		f.ended = byID[f.Task.ID]
		if f.Stale = f.ended.ID == ""; !f.Stale {
			ended = append(ended, f)
		}
	}
	return ended, nil
}

// endedTask is what is stored of a task that has just ended.
type endedTask struct {
	taskhook.Task
	copied taskhook.CopyState // of its results
}

func scanEnded(r scanner) (k endedTask, err error) {
	err = r.Scan(&k.ID, &k.AccountID, &k.Face, &k.Provider, &k.Model, &k.KeyID, &k.Price, &k.State, &k.Told, &k.BatchID, &k.copied)
	return k, err
}

// settleRuns moves the money and counts the usage of tasks that have ended.
func settleRuns(ctx context.Context, t tx, ended []*finishedRun) error {
	used, money := spending{}, settlement{}
	for _, f := range ended {
		used.add(f.now(), &f.ended.Task)
		money.add(f.now(), &f.ended.Task)
	}
	if err := money.write(ctx, t); err != nil {
		return err
	}
	return used.write(ctx, t)
}
