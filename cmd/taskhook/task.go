//go:build unix

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/taskhook/taskhook/client"
)

type taskCommand struct {
	Submit   taskSubmitCommand   `cmd:"" help:"Ask a provider for a generation."`
	List     taskListCommand     `cmd:"" help:"List tasks, the newest first."`
	Get      taskGetCommand      `cmd:"" help:"Show a task, with links to its results."`
	Watch    taskWatchCommand    `cmd:"" help:"Follow a task to its end; the exit status is 1 unless it succeeds."`
	Cancel   taskCancelCommand   `cmd:"" help:"Cancel a task that is not finished."`
	Retry    taskRetryCommand    `cmd:"" help:"Make a new task like one that failed or expired."`
	Attach   taskAttachCommand   `cmd:"" help:"Make a new task like one of which is not known whether its provider took it on, and have it wait for the work that the provider has."`
	Download taskDownloadCommand `cmd:"" help:"Save the results of a task as files and print their names."`
}

type taskListCommand struct {
	Status   string `help:"Only tasks of this status: pending, queued, running, succeeded, failed, cancelled or expired."`
	Provider string `help:"Only tasks of this provider."`
	Model    string `help:"Only tasks of this model."`
	Since    string `placeholder:"TIME" help:"Only tasks made since then: 90m, 24h, 7d ago, or 2026-03-01T09:30:00Z."`
	listFlags
	remoteFlags
}

// Run lists tasks.
func (cmd *taskListCommand) Run(ctx context.Context, c *console) error {
	now := time.Now()
	from, err := readMoment(now, "--since", cmd.Since)
	if err != nil {
		return err
	}
	q := client.TaskQuery{Status: cmd.Status, Provider: cmd.Provider, Model: cmd.Model, From: from}
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		fetch := func(ctx context.Context, page client.PageQuery) (client.Page[client.Task], error) {
			q.PageQuery = page
			return r.Tasks(ctx, q)
		}
		t := taskTable()
		return list(ctx, r, cmd.listFlags, t, fetch, func(k client.Task) { t.add(taskRow(now, k)...) })
	})
}

func taskTable() *table {
	return &table{columns: []column{{title: "ID"}, {title: "STATUS", state: true}, {title: "DONE"}, {title: "CREATED"},
		{title: "MODEL", elastic: true}, {title: "ERROR", elastic: true, optional: true}, {title: "CAPABILITY", optional: true}}}
}

func taskRow(now time.Time, k client.Task) []string {
	why := ""
	if k.Error != nil {
		why = k.Error.Message
	}
	return []string{k.ID, k.Status, fmt.Sprintf("%d %%", k.Progress), since(now, k.CreatedAt), k.Provider + "/" + k.Model, why, k.Capability}
}

type taskGetCommand struct {
	ID string `arg:"" help:"Id of the task."`
	remoteFlags
}

// Run shows a task.
func (cmd *taskGetCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		k, err := r.Task(ctx, cmd.ID)
		if err != nil {
			return err
		}
		return r.showTask(k)
	})
}

func (r *remote) showTask(k client.Task) error {
	return r.show(k, func() *sheet { return describeTask(time.Now(), k) })
}

func describeTask(now time.Time, k client.Task) *sheet {
	s := &sheet{}
	s.add("task", "%s", k.ID)
	s.state("status", k.Status)
	if k.Status == "running" {
		s.add("progress", "%d %%", k.Progress)
	}
	if k.Error != nil {
		s.add("error", "%s (%s)", k.Error.Message, k.Error.Code)
	}
	s.add("model", "%s/%s", k.Provider, k.Model)
	s.add("capability", "%s", k.Capability)
	s.add("run by", "%s", k.Adapter)
	s.add("worker", "%s", k.Worker)
	s.time("created", now, k.CreatedAt)
	s.time("started", now, k.StartedAt)
	s.time("completed", now, k.CompletedAt)
	if k.Cost != "" && k.Cost != "0" {
		s.add("cost", "%s USD", k.Cost)
	}
	s.add("retry of", "%s", k.OriginalTaskID)
	s.add("metadata", "%s", k.Metadata)
	if k.Sandbox {
		s.add("sandbox", "the results are made up, no model ran")
	}
	for _, result := range k.Result {
		text := result.Format + ", " + size(result.SizeBytes)
		if result.Duration > 0 {
			text += fmt.Sprintf(", %.1f s", result.Duration)
		}
		s.add("result", "%s", text)
		s.add("", "%s", result.URL)
	}
	return s
}

type taskCancelCommand struct {
	ID string `arg:"" help:"Id of the task."`
	remoteFlags
}

// Run cancels a task.
func (cmd *taskCancelCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		k, err := r.CancelTask(ctx, cmd.ID)
		if err != nil {
			return err
		}
		return r.showTask(k)
	})
}

type taskRetryCommand struct {
	ID    string `arg:"" help:"Id of the task."`
	Watch bool   `help:"Follow the new task to its end."`
	remoteFlags
}

// Run makes a new task like an old one.
func (cmd *taskRetryCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		accepted, err := r.RetryTask(ctx, cmd.ID)
		if err != nil {
			return err
		}
		return r.accepted(ctx, accepted, cmd.Watch)
	})
}

type taskAttachCommand struct {
	ID     string `arg:"" help:"Id of the task."`
	Handle string `arg:"" help:"By what name the provider knows the work."`
	Watch  bool   `help:"Follow the new task to its end."`
	remoteFlags
}

// Run makes a new task that waits for work which the provider has.
func (cmd *taskAttachCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		accepted, err := r.AttachTask(ctx, cmd.ID, cmd.Handle)
		if err != nil {
			return err
		}
		return r.accepted(ctx, accepted, cmd.Watch)
	})
}
