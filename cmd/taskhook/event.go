//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/taskhook/taskhook/client"
)

type eventCommand struct {
	Publish eventPublishCommand `cmd:"" help:"Publish events of your own to the endpoints that want them."`
}

type eventPublishCommand struct {
	Type  string `arg:"" optional:"" help:"Type of the event: order.paid."`
	Data  string `placeholder:"JSON" help:"What it says, an object: JSON, @file, or - for the standard input."`
	Batch bool   `help:"Read events from the standard input, each an object with type and data."`
	remoteFlags
}

// Run publishes one event, or those of the standard input.
func (cmd *eventPublishCommand) Run(ctx context.Context, c *console) error {
	if cmd.Batch {
		if cmd.Type != "" || cmd.Data != "" {
			return usageError{errors.New("--batch reads types and data from the standard input: leave out TYPE and --data")}
		}
		return cmd.call(ctx, c, func(ctx context.Context, r *remote) error { return r.publishAll(ctx, os.Stdin) })
	}
	if cmd.Type == "" || cmd.Data == "" {
		return usageError{errors.New(`say what to publish, like: taskhook event publish order.paid --data '{"id":7}'`)}
	}
	data, err := readJSON("data", cmd.Data)
	if err != nil {
		return err
	}
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		e, err := r.Publish(ctx, client.NewEvent{Type: cmd.Type, Data: data})
		if err != nil {
			return err
		}
		return r.published([]client.PublishedEvent{e})
	})
}

// published prints the events' ids, one on each line.
func (r *remote) published(events []client.PublishedEvent) error {
	for _, e := range events {
		if r.json {
			if err := writeJSON(r.out.w, e); err != nil {
				return err
			}
		} else if err := r.out.print(safe(e.ID) + "\n"); err != nil {
			return err
		}
	}
	return nil
}

// maxBatchBytes keeps a batch well below what a server reads of a request.
const maxBatchBytes = 512 << 10

// publishAll publishes the events of a stream in batches, each of which is
// published as a whole or not at all.
func (r *remote) publishAll(ctx context.Context, from io.Reader) error {
	decoder, done := json.NewDecoder(from), 0
	for {
		batch, err := readBatch(decoder)
		if len(batch) > 0 && (err == nil || err == io.EOF) {
			events, sendErr := r.PublishBatch(ctx, batch)
			if sendErr != nil {
				return r.partly(done, sendErr)
			}
			done += len(events)
			if err := r.published(events); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF && done == 0:
			return usageError{errors.New("the standard input has no events: write each as " + `{"type":"order.paid","data":{"id":7}}`)}
		case err == io.EOF:
			return nil
		case err != nil:
			return r.partly(done, fmt.Errorf("read event %d: %w; write it as %s", done+len(batch)+1, err, `{"type":"order.paid","data":{"id":7}}`))
		}
	}
}

// partly says how far a stream came, so that the rest can be sent.
func (r *remote) partly(done int, err error) error {
	if done == 0 {
		return fmt.Errorf("nothing is published: %w", err)
	}
	return fmt.Errorf("the first %d events are published, the rest is not: %w", done, err)
}

// readBatch reads events until they fill a request. The error is io.EOF at the
// end of the stream; what was read before it counts.
func readBatch(decoder *json.Decoder) (batch []client.NewEvent, err error) {
	for bytes := 0; len(batch) < client.MaxEvents && bytes < maxBatchBytes; {
		var e client.NewEvent
		if err := decoder.Decode(&e); err != nil {
			return batch, err
		}
		bytes += len(e.Type) + len(e.Data) + len(`{"type":"","data":},`)
		batch = append(batch, e)
	}
	return batch, nil
}
