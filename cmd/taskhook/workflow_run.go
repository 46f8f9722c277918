//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

type workflowRunCommand struct {
	ID      string `arg:"" help:"Id of the workflow."`
	Inputs  string `placeholder:"JSON" help:"The inputs, an object: JSON, @file, or - for the standard input."`
	Webhook string `placeholder:"URL" help:"Receiver of the end of this execution."`
	Watch   bool   `help:"Follow the execution to its end; the exit status is 1 unless it completes."`
	remoteFlags
}

// Run starts a workflow.
func (cmd *workflowRunCommand) Run(ctx context.Context, c *console) error {
	n := client.NewExecution{WebhookURL: cmd.Webhook}
	if cmd.Inputs != "" {
		var err error
		if n.Inputs, err = readJSON("inputs", cmd.Inputs); err != nil {
			return err
		}
	}
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		x, err := r.RunWorkflow(ctx, cmd.ID, n)
		if err != nil {
			return err
		}
		if cmd.Watch {
			r.log.say("%s is accepted", x.ID)
			return r.watchExecution(ctx, x.ID)
		}
		return r.showExecution(x)
	})
}

type workflowRunsCommand struct {
	Workflow string `placeholder:"ID" help:"Only those of this workflow."`
	Status   string `help:"Only those of this status: pending, running, completed, failed or cancelled."`
	listFlags
	remoteFlags
}

// Run lists executions.
func (cmd *workflowRunsCommand) Run(ctx context.Context, c *console) error {
	now := time.Now()
	q := client.ExecutionQuery{WorkflowID: cmd.Workflow, Status: cmd.Status}
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		fetch := func(ctx context.Context, page client.PageQuery) (client.Page[client.Execution], error) {
			q.PageQuery = page
			return r.Executions(ctx, q)
		}
		t := &table{columns: []column{{title: "ID"}, {title: "STATUS", state: true}, {title: "DONE"}, {title: "CREATED"}, {title: "WORKFLOW", elastic: true},
			{title: "ERROR", elastic: true, optional: true}}}
		return list(ctx, r, cmd.listFlags, t, fetch, func(x client.Execution) {
			why := ""
			if x.Error != nil {
				why = x.Error.Message
			}
			t.add(x.ID, x.Status, fmt.Sprintf("%d %%", x.Progress), since(now, x.CreatedAt), x.WorkflowName, why)
		})
	})
}

type workflowStatusCommand struct {
	ID    string `arg:"" help:"Id of the execution."`
	Watch bool   `help:"Follow the execution to its end; the exit status is 1 unless it completes."`
	remoteFlags
}

// Run shows an execution.
func (cmd *workflowStatusCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		if cmd.Watch {
			return r.watchExecution(ctx, cmd.ID)
		}
		x, err := r.Execution(ctx, cmd.ID)
		if err != nil {
			return err
		}
		return r.showExecution(x)
	})
}

type workflowCancelCommand struct {
	ID string `arg:"" help:"Id of the execution."`
	remoteFlags
}

// Run cancels an execution.
func (cmd *workflowCancelCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		x, err := r.CancelExecution(ctx, cmd.ID)
		if err != nil {
			return err
		}
		return r.showExecution(x)
	})
}

// watchExecution follows an execution and shows it when it has ended. The error
// says that it did not complete.
func (r *remote) watchExecution(ctx context.Context, id string) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	p := &progress{to: r.log}
	var x client.Execution
	err := poll(ctx, func(ctx context.Context) (over bool, err error) {
		if x, err = r.Execution(ctx, id); err != nil {
			return false, err
		}
		if taskhook.ExecutionState(x.Status).Final() {
			return true, nil
		}
		p.tell(x.ID+"  "+x.Status+"  "+p.part(x.Progress), "", goingOn(x))
		return false, nil
	})
	p.end()
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("interrupted; the execution goes on, and `taskhook workflow status --watch %s` follows it again", id)
	}
	if err != nil {
		return err
	}
	if err := r.showExecution(x); err != nil || x.Status == string(taskhook.ExecutionCompleted) {
		return err
	}
	return fmt.Errorf("%s is %s", x.ID, x.Status)
}

// goingOn names the steps that go on.
func goingOn(x client.Execution) string {
	var ids []string
	for _, s := range x.Steps {
		if s.Status == string(taskhook.StepRunning) {
			ids = append(ids, s.ID)
		}
	}
	return strings.Join(ids, ", ")
}

func (r *remote) showExecution(x client.Execution) error {
	return r.show(x, func() *sheet { return describeExecution(time.Now(), x) })
}

func describeExecution(now time.Time, x client.Execution) *sheet {
	s := &sheet{}
	s.add("execution", "%s", x.ID)
	s.state("status", x.Status)
	s.add("progress", "%d %%", x.Progress)
	if x.Error != nil {
		s.add("error", "%s (%s)", x.Error.Message, x.Error.Code)
	}
	s.add("workflow", "%s (%s, version %d)", x.WorkflowName, x.WorkflowID, x.Version)
	s.add("inputs", "%s", x.Inputs)
	s.time("created", now, x.CreatedAt)
	s.time("started", now, x.StartedAt)
	s.time("completed", now, x.CompletedAt)
	for _, step := range x.Steps {
		s.add("step", "%s", join(step.ID, step.Status, tries(step.Tries), step.TaskID))
		if step.Error != nil {
			s.add("", "%s", step.Error.Message)
		}
	}
	s.add("output", "%s", x.Output)
	return s
}

// tries says how often a step was tried, if that is of interest.
func tries(n int) string {
	if n < 2 {
		return ""
	}
	return fmt.Sprintf("try %d", n)
}
