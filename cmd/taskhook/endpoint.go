//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/taskhook/taskhook/client"
)

type endpointCommand struct {
	Add    endpointAddCommand    `cmd:"" help:"Register a receiver and print its secret; it is shown only this once."`
	List   endpointListCommand   `cmd:"" help:"List endpoints, the newest first."`
	Get    endpointGetCommand    `cmd:"" help:"Show an endpoint."`
	Health endpointHealthCommand `cmd:"" help:"Show how an endpoint fares, and what to do about it."`
	Update endpointUpdateCommand `cmd:"" help:"Change what is given."`
	Pause  endpointPauseCommand  `cmd:"" help:"Hold what is owed to an endpoint."`
	Resume endpointResumeCommand `cmd:"" help:"Send to an endpoint again, what was held first."`
	Drop   endpointDropCommand   `cmd:"" help:"Cancel what is held for an endpoint that is paused or disabled."`
	Test   endpointTestCommand   `cmd:"" help:"Send a test event and wait for the answer; the exit status is 1 if it is refused."`
	Rotate endpointRotateCommand `cmd:"" help:"Make a new secret and print it; it is shown only this once."`
	Delete endpointDeleteCommand `cmd:"" help:"Delete an endpoint; what is still owed to it is cancelled."`
}

type endpointAddCommand struct {
	URL         string   `arg:"" name:"url" help:"URL of the receiver."`
	Event       []string `required:"" placeholder:"TYPE" help:"Event type to send: task.completed, task.failed or one of your own. May be repeated."`
	Retry       string   `default:"default" placeholder:"DELAYS" help:"Delays before the retries, like 1m,5m,30m, or none. Default: the server's."`
	Rate        int      `placeholder:"N" help:"Attempts a second at most. 0: no limit."`
	InFlight    int      `placeholder:"N" help:"Attempts at a time at most. 0: as many as the receiver bears."`
	Description string   `placeholder:"TEXT" help:"What the receiver is."`
	remoteFlags
}

// Run registers a receiver.
func (cmd *endpointAddCommand) Run(ctx context.Context, c *console) error {
	retry, err := readSchedule(cmd.Retry)
	if err != nil {
		return err
	}
	n := client.NewWebhook{URL: cmd.URL, Events: cmd.Event, Description: cmd.Description, RetrySchedule: retry,
		RatePerSecond: cmd.Rate, MaxInFlight: cmd.InFlight}
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		w, err := r.CreateWebhook(ctx, n)
		if err != nil {
			return err
		}
		return r.showEndpoint(w)
	})
}

type endpointListCommand struct {
	State string `help:"Only endpoints of this state: active, paused or disabled."`
	listFlags
	remoteFlags
}

// Run lists endpoints.
func (cmd *endpointListCommand) Run(ctx context.Context, c *console) error {
	now := time.Now()
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		fetch := func(ctx context.Context, page client.PageQuery) (client.Page[client.Webhook], error) {
			return r.Webhooks(ctx, client.WebhookQuery{State: cmd.State, PageQuery: page})
		}
		t := endpointTable()
		return list(ctx, r, cmd.listFlags, t, fetch, func(w client.Webhook) { t.add(endpointRow(now, w)...) })
	})
}

func endpointTable() *table {
	return &table{columns: []column{{title: "ID"}, {title: "STATE", state: true}, {title: "CREATED"}, {title: "URL", elastic: true},
		{title: "EVENTS", elastic: true, optional: true}, {title: "DESCRIPTION", elastic: true, optional: true}}}
}

func endpointRow(now time.Time, w client.Webhook) []string {
	return []string{w.ID, w.State, since(now, w.CreatedAt), w.URL, strings.Join(w.Events, ", "), w.Description}
}

type endpointGetCommand struct {
	ID string `arg:"" help:"Id of the endpoint."`
	remoteFlags
}

// Run shows an endpoint.
func (cmd *endpointGetCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		w, err := r.Webhook(ctx, cmd.ID)
		if err != nil {
			return err
		}
		return r.showEndpoint(w)
	})
}

type endpointUpdateCommand struct {
	ID          string   `arg:"" help:"Id of the endpoint."`
	URL         *string  `name:"url" placeholder:"URL" help:"New URL; what is owed goes there too."`
	Event       []string `placeholder:"TYPE" help:"Event types to send from now on. May be repeated."`
	Retry       *string  `placeholder:"DELAYS" help:"New delays before the retries, like 1m,5m,30m, or none, or default."`
	Rate        *int     `placeholder:"N" help:"Attempts a second at most. 0: no limit."`
	InFlight    *int     `placeholder:"N" help:"Attempts at a time at most. 0: as many as the receiver bears."`
	Description *string  `placeholder:"TEXT" help:"New description."`
	remoteFlags
}

// Run changes an endpoint.
func (cmd *endpointUpdateCommand) Run(ctx context.Context, c *console) error {
	change := client.WebhookChange{URL: cmd.URL, Description: cmd.Description, RatePerSecond: cmd.Rate, MaxInFlight: cmd.InFlight}
	if len(cmd.Event) > 0 {
		change.Events = &cmd.Event
	}
	if cmd.Retry != nil {
		retry, err := readSchedule(*cmd.Retry)
		if err != nil {
			return err
		}
		change.RetrySchedule = &retry
	}
	if change == (client.WebhookChange{}) {
		return usageError{errors.New("nothing is to be changed: give --url, --event, --retry, --rate, --in-flight or --description")}
	}
	return cmd.update(ctx, c, cmd.ID, change)
}

// update changes an endpoint and shows it.
func (f *remoteFlags) update(ctx context.Context, c *console, id string, change client.WebhookChange) error {
	return f.call(ctx, c, func(ctx context.Context, r *remote) error {
		w, err := r.UpdateWebhook(ctx, id, change)
		if err != nil {
			return err
		}
		return r.showEndpoint(w)
	})
}

// showEndpoint shows an endpoint, and says of a new secret what to do with it.
func (r *remote) showEndpoint(w client.Webhook) error {
	err := r.show(w, func() *sheet { return describeEndpoint(time.Now(), w) })
	if err == nil && w.Secret != "" && !r.json {
		r.log.say("The secret is shown only this once: give it to the receiver, which verifies signatures with it.")
	}
	return err
}

func describeEndpoint(now time.Time, w client.Webhook) *sheet {
	s := &sheet{}
	s.add("endpoint", "%s", w.ID)
	s.state("state", w.State)
	s.add("reason", "%s", w.Reason)
	s.add("url", "%s", w.URL)
	s.add("events", "%s", strings.Join(w.Events, ", "))
	s.add("retries", "%s", describeRetries(w.RetrySchedule))
	if w.RatePerSecond > 0 {
		s.add("rate", "%d a second at most", w.RatePerSecond)
	}
	if w.MaxInFlight > 0 {
		s.add("in flight", "%d at a time at most", w.MaxInFlight)
	}
	s.add("description", "%s", w.Description)
	s.time("created", now, w.CreatedAt)
	if !w.UpdatedAt.Equal(w.CreatedAt) {
		s.time("updated", now, w.UpdatedAt)
	}
	if h := w.Health; h != nil {
		s.time("last success", now, h.LastSuccessAt)
		s.add("last 24 hours", "%s", describeTraffic(h.LastDay))
	}
	s.add("secret", "%s", w.Secret)
	if w.SecretPromotedAt.After(now) {
		s.time("in force from", now, w.SecretPromotedAt)
	}
	s.time("old one ends", now, w.PreviousSecretExpiresAt)
	return s
}

func describeRetries(seconds []float64) string {
	switch {
	case seconds == nil:
		return "the server's schedule"
	case len(seconds) == 0:
		return "none"
	}
	var delays []string
	for _, n := range seconds {
		delays = append(delays, time.Duration(n*float64(time.Second)).String())
	}
	return fmt.Sprintf("after %s", strings.Join(delays, ", "))
}
