//go:build unix

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/taskhook/taskhook/client"
)

type workflowCommand struct {
	Create workflowCreateCommand `cmd:"" help:"Keep a definition, in JSON or YAML."`
	List   workflowListCommand   `cmd:"" help:"List workflows, the newest first."`
	Get    workflowGetCommand    `cmd:"" help:"Show a workflow with its definition."`
	Update workflowUpdateCommand `cmd:"" help:"Make a new version of a workflow; what runs keeps the old one."`
	Delete workflowDeleteCommand `cmd:"" help:"Delete workflows; what runs goes on."`
	Run    workflowRunCommand    `cmd:"" help:"Start a workflow."`
	Runs   workflowRunsCommand   `cmd:"" help:"List executions, the newest first."`
	Status workflowStatusCommand `cmd:"" help:"Show an execution with its steps."`
	Cancel workflowCancelCommand `cmd:"" help:"Cancel an execution with its tasks."`
}

// readDefinition returns the text of a file, or of the standard input for -.
func readDefinition(path string) ([]byte, error) {
	if path != "-" {
		path = "@" + path
	}
	text, err := readArgument(path)
	if err != nil {
		return nil, usageError{fmt.Errorf("read the definition: %w", err)}
	}
	return text, nil
}

type workflowCreateCommand struct {
	Path string `arg:"" name:"file" help:"The definition, or - for the standard input."`
	remoteFlags
}

// Run keeps a definition.
func (cmd *workflowCreateCommand) Run(ctx context.Context, c *console) error {
	text, err := readDefinition(cmd.Path)
	if err != nil {
		return err
	}
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		w, err := r.CreateWorkflow(ctx, text)
		if err != nil {
			return err
		}
		return r.showWorkflow(w)
	})
}

type workflowUpdateCommand struct {
	ID   string `arg:"" help:"Id of the workflow."`
	Path string `arg:"" name:"file" help:"The definition, or - for the standard input."`
	remoteFlags
}

// Run makes a new version.
func (cmd *workflowUpdateCommand) Run(ctx context.Context, c *console) error {
	text, err := readDefinition(cmd.Path)
	if err != nil {
		return err
	}
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		w, err := r.UpdateWorkflow(ctx, cmd.ID, text)
		if err != nil {
			return err
		}
		return r.showWorkflow(w)
	})
}

type workflowListCommand struct {
	listFlags
	remoteFlags
}

// Run lists workflows.
func (cmd *workflowListCommand) Run(ctx context.Context, c *console) error {
	now := time.Now()
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		t := &table{columns: []column{{title: "ID"}, {title: "VERSION"}, {title: "RUNS"}, {title: "LAST RUN"}, {title: "NAME", elastic: true},
			{title: "DESCRIPTION", elastic: true, optional: true}}}
		return list(ctx, r, cmd.listFlags, t, r.Workflows, func(w client.Workflow) {
			t.add(w.ID, fmt.Sprint(w.Version), fmt.Sprint(w.Runs), since(now, w.LastRunAt), w.Name, w.Description)
		})
	})
}

type workflowGetCommand struct {
	ID string `arg:"" help:"Id of the workflow."`
	remoteFlags
}

// Run shows a workflow.
func (cmd *workflowGetCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		w, err := r.Workflow(ctx, cmd.ID)
		if err != nil {
			return err
		}
		if err := r.showWorkflow(w); err != nil || r.json {
			return err
		}
		text := w.Source
		if text == "" {
			text = string(w.Definition)
		}
		for line := range strings.Lines("\n" + text) {
			if err := r.out.print(safe(strings.TrimRight(line, "\r\n")) + "\n"); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *remote) showWorkflow(w client.Workflow) error {
	return r.show(w, func() *sheet {
		now, s := time.Now(), &sheet{}
		s.add("workflow", "%s", w.ID)
		s.add("name", "%s", w.Name)
		s.add("description", "%s", w.Description)
		s.add("version", "%d", w.Version)
		s.add("runs", "%d", w.Runs)
		s.time("last run", now, w.LastRunAt)
		s.time("created", now, w.CreatedAt)
		s.time("updated", now, w.UpdatedAt)
		return s
	})
}

type workflowDeleteCommand struct {
	IDs []string `arg:"" name:"id" help:"Ids of workflows."`
	remoteFlags
}

// Run deletes workflows, up to the first that can't be.
func (cmd *workflowDeleteCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		for _, id := range cmd.IDs {
			if err := r.DeleteWorkflow(ctx, id); err != nil {
				return err
			}
			r.log.say("%s is deleted", id)
		}
		return nil
	})
}
