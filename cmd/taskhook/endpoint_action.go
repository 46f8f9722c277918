//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/taskhook/taskhook/client"
)

type endpointPauseCommand struct {
	ID string `arg:"" help:"Id of the endpoint."`
	remoteFlags
}

// Run pauses an endpoint.
func (cmd *endpointPauseCommand) Run(ctx context.Context, c *console) error {
	return cmd.update(ctx, c, cmd.ID, client.WebhookChange{Active: new(false)})
}

type endpointResumeCommand struct {
	ID string `arg:"" help:"Id of the endpoint."`
	remoteFlags
}

// Run makes an endpoint active.
func (cmd *endpointResumeCommand) Run(ctx context.Context, c *console) error {
	return cmd.update(ctx, c, cmd.ID, client.WebhookChange{Active: new(true)})
}

type endpointDropCommand struct {
	ID string `arg:"" help:"Id of the endpoint."`
	remoteFlags
}

// Run drops what is held.
func (cmd *endpointDropCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		d, err := r.DropHeld(ctx, cmd.ID)
		if err != nil {
			return err
		}
		if r.json {
			return writeJSON(r.out.w, d)
		}
		return r.out.print(fmt.Sprintf("%d deliveries to %s are cancelled\n", d.Dropped, safe(d.WebhookID)))
	})
}

type endpointTestCommand struct {
	ID string `arg:"" help:"Id of the endpoint."`
	remoteFlags
}

// Run sends a test event.
func (cmd *endpointTestCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		result, err := r.TestWebhook(ctx, cmd.ID)
		if err != nil {
			return err
		}
		if err := r.show(result, func() *sheet { return describeTest(result) }); err != nil {
			return err
		}
		if !result.Delivered {
			return fmt.Errorf("the test event did not arrive: `taskhook delivery get %s` says more", result.DeliveryID)
		}
		return nil
	})
}

func describeTest(result client.TestResult) *sheet {
	s := &sheet{}
	s.add("delivery", "%s", result.DeliveryID)
	s.add("event", "%s", result.EventID)
	if result.Delivered {
		s.state("state", "delivered")
	} else {
		s.state("state", "failed")
	}
	if result.StatusCode != 0 {
		s.add("status", "%d", result.StatusCode)
	}
	s.add("took", "%d ms", result.DurationMS)
	s.add("error", "%s", result.Error)
	return s
}

type endpointRotateCommand struct {
	ID      string         `arg:"" help:"Id of the endpoint."`
	Overlap *time.Duration `placeholder:"TIME" help:"How long the old secret stays valid, such as 24h; 0s ends it at once. Default: the server's, a day."`
	remoteFlags
}

// Run makes a new secret.
func (cmd *endpointRotateCommand) Run(ctx context.Context, c *console) error {
	var rotation client.Rotation
	if cmd.Overlap != nil {
		if *cmd.Overlap < 0 {
			return usageError{errors.New("--overlap must not be negative")}
		}
		rotation.OverlapSeconds = new(int(cmd.Overlap.Seconds()))
	}
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		w, err := r.RotateSecret(ctx, cmd.ID, rotation)
		if err != nil {
			return err
		}
		return r.showEndpoint(w)
	})
}

type endpointDeleteCommand struct {
	ID string `arg:"" help:"Id of the endpoint."`
	remoteFlags
}

// Run deletes an endpoint.
func (cmd *endpointDeleteCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		if err := r.DeleteWebhook(ctx, cmd.ID); err != nil {
			return err
		}
		if r.json {
			return writeJSON(r.out.w, client.Deleted{ID: cmd.ID, Deleted: true})
		}
		return r.out.print(safe(cmd.ID) + " is deleted\n")
	})
}
