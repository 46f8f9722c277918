//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/taskhook/taskhook/client"
)

type batchCommand struct {
	Submit batchSubmitCommand `cmd:"" help:"Ask for many generations of one model, all or none."`
	List   batchListCommand   `cmd:"" help:"List batches, the newest first."`
	Get    batchGetCommand    `cmd:"" help:"Show how far a batch is."`
	Cancel batchCancelCommand `cmd:"" help:"Cancel the tasks of a batch that have not ended."`
}

type batchSubmitCommand struct {
	Target         string `arg:"" name:"provider/capability" help:"Whom to ask and for what: vidu/text-to-video."`
	Inputs         string `arg:"" placeholder:"FILE" help:"A file with an input in each line, an object of the provider's parameters as JSON; - is the standard input."`
	Model          string `required:"" placeholder:"NAME" help:"The provider's name for the model."`
	Concurrency    int    `placeholder:"N" help:"How many of the tasks go on at a time; 0 is no limit."`
	Metadata       string `placeholder:"JSON" help:"An object that is given back with each task: JSON or @file."`
	Webhook        string `placeholder:"URL" help:"Receiver of the outcome of each task."`
	IdempotencyKey string `placeholder:"KEY" help:"Makes it safe to repeat the command: the same key with the same batch is done once."`
	remoteFlags
}

// Run submits a batch.
func (cmd *batchSubmitCommand) Run(ctx context.Context, c *console) error {
	provider, capability, ok := strings.Cut(cmd.Target, "/")
	if !ok || provider == "" || capability == "" || strings.Contains(capability, "/") {
		return usageError{fmt.Errorf("%s does not say whom to ask and for what: write it like vidu/text-to-video", safe(cmd.Target))}
	}
	n := client.NewBatch{Provider: provider, Capability: capability, Model: cmd.Model, Concurrency: cmd.Concurrency,
		WebhookURL: cmd.Webhook, IdempotencyKey: cmd.IdempotencyKey}
	from := cmd.Inputs
	if from != "-" {
		from = "@" + from
	}
	text, err := readArgument(from)
	if err != nil {
		return usageError{fmt.Errorf("read the inputs: %w", err)}
	}
	if n.Inputs, err = inputLines(text); err != nil {
		return err
	}
	if cmd.Metadata != "" {
		if n.Metadata, err = readJSON("metadata", cmd.Metadata); err != nil {
			return err
		}
	}
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		b, err := r.SubmitBatch(ctx, n)
		if err != nil {
			return err
		}
		return r.showBatch(b)
	})
}

// inputLines reads an object from each line that is not empty.
func inputLines(text []byte) (inputs []json.RawMessage, err error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxInput)
	for number := 1; lines.Scan(); number++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if line[0] != '{' || !json.Valid(line) {
			return nil, usageError{fmt.Errorf("line %d is not a JSON object: write the input of a task in each line, such as {\"prompt\": \"a boat\"}", number)}
		}
		inputs = append(inputs, bytes.Clone(line))
	}
	if len(inputs) == 0 {
		return nil, usageError{fmt.Errorf("there are no inputs: write the input of a task in each line, such as {\"prompt\": \"a boat\"}")}
	}
	return inputs, lines.Err()
}

type batchListCommand struct {
	listFlags
	remoteFlags
}

// Run lists batches.
func (cmd *batchListCommand) Run(ctx context.Context, c *console) error {
	now := time.Now()
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		t := &table{columns: []column{{title: "ID"}, {title: "STATUS", state: true}, {title: "DONE"}, {title: "FAILED"}, {title: "CREATED"}, {title: "MODEL", elastic: true}}}
		return list(ctx, r, cmd.listFlags, t, r.Batches, func(b client.Batch) {
			t.add(b.ID, b.Status, fmt.Sprintf("%d/%d", b.Counts.Total-b.Counts.Open, b.Counts.Total), fmt.Sprint(b.Counts.Failed),
				since(now, b.CreatedAt), b.Provider+"/"+b.Model)
		})
	})
}

type batchGetCommand struct {
	ID string `arg:"" help:"Id of the batch."`
	remoteFlags
}

// Run shows a batch.
func (cmd *batchGetCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		b, err := r.Batch(ctx, cmd.ID)
		if err != nil {
			return err
		}
		return r.showBatch(b)
	})
}

type batchCancelCommand struct {
	ID string `arg:"" help:"Id of the batch."`
	remoteFlags
}

// Run cancels what is left of a batch.
func (cmd *batchCancelCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		b, err := r.CancelBatch(ctx, cmd.ID)
		if err != nil {
			return err
		}
		return r.showBatch(b)
	})
}

func (r *remote) showBatch(b client.Batch) error {
	err := r.show(b, func() *sheet { return describeBatch(time.Now(), b) })
	if err == nil && !r.json {
		r.log.say("`taskhook batch get %s --json` has the ids of its tasks", b.ID)
	}
	return err
}

func describeBatch(now time.Time, b client.Batch) *sheet {
	s := &sheet{}
	s.add("batch", "%s", b.ID)
	s.state("status", b.Status)
	s.add("model", "%s/%s", b.Provider, b.Model)
	s.add("type", "%s", b.Capability)
	if b.Concurrency > 0 {
		s.add("at a time", "%d", b.Concurrency)
	}
	s.add("tasks", "%d, of which %d succeeded, %d failed, %d cancelled, %d open", b.Counts.Total, b.Counts.Succeeded, b.Counts.Failed, b.Counts.Cancelled, b.Counts.Open)
	s.time("created", now, b.CreatedAt)
	s.time("ended", now, b.CompletedAt)
	return s
}
