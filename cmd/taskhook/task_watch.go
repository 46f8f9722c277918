//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

type taskWatchCommand struct {
	ID string `arg:"" help:"Id of the task."`
	remoteFlags
}

// Run follows a task to its end.
func (cmd *taskWatchCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error { return r.watchTask(ctx, cmd.ID) })
}

// watchTask follows a task and shows it when it has ended. The error says that it
// did not succeed.
func (r *remote) watchTask(ctx context.Context, id string) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	k, err := awaitTask(ctx, r, &progress{to: r.log}, id)
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("interrupted; the task goes on, and `taskhook task watch %s` follows it again", id)
	}
	if err != nil {
		return err
	}
	if err := r.showTask(k); err != nil {
		return err
	}
	return judge(k)
}

// taskReader reads a task.
type taskReader interface {
	Task(ctx context.Context, id string) (client.Task, error)
}

// awaitTask returns the task when it has ended.
func awaitTask(ctx context.Context, from taskReader, p *progress, id string) (last client.Task, err error) {
	defer p.end()
	start := time.Now()
	err = poll(ctx, func(ctx context.Context) (bool, error) {
		k, err := from.Task(ctx, id)
		if err != nil {
			return false, err
		}
		last = k
		if ended(k.Status) {
			return true, nil
		}
		news := k.ID + "  " + k.Status
		if k.Status == string(taskhook.TaskRunning) {
			news += "  " + p.part(k.Progress)
		}
		p.tell(news, rough(time.Since(start)), "")
		return false, nil
	})
	return last, err
}

// ended reports whether a task is over. What a newer server may call the state
// between is not known, so the ends are listed.
func ended(status string) bool {
	return slices.ContainsFunc(append(taskhook.TaskStates(), taskhook.TaskExpired), func(s taskhook.TaskState) bool {
		return s.Final() && string(s) == status
	})
}

// judge returns an error unless the task succeeded.
func judge(k client.Task) error {
	switch {
	case k.Status == string(taskhook.TaskSucceeded):
		return nil
	case k.Error != nil:
		return fmt.Errorf("%s has failed: %s (%s)", k.ID, k.Error.Message, k.Error.Code)
	case k.Status == string(taskhook.TaskExpired):
		return fmt.Errorf("%s has expired: its results are removed; `taskhook task retry %s` makes them again", k.ID, k.ID)
	}
	return fmt.Errorf("%s is %s", k.ID, k.Status)
}
