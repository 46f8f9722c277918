//go:build unix

package main

import (
	"context"
	"strconv"
	"time"

	"github.com/taskhook/taskhook/client"
)

type deliveryCommand struct {
	List   deliveryListCommand   `cmd:"" help:"List deliveries, the newest first."`
	Get    deliveryGetCommand    `cmd:"" help:"Show a delivery with all its attempts, and what to do about it."`
	Replay deliveryReplayCommand `cmd:"" help:"Send finished deliveries again, as new ones of the same event."`
}

type deliveryListCommand struct {
	Endpoint string `placeholder:"ID" help:"Only deliveries to this endpoint."`
	Task     string `placeholder:"ID" help:"Only deliveries of this task's outcome."`
	Event    string `placeholder:"ID" help:"Only deliveries of this event."`
	Type     string `help:"Only deliveries of events of this type, such as task.failed."`
	State    string `help:"Only deliveries of this state: pending, delivered, failed or cancelled."`
	Class    string `help:"Only deliveries whose last attempt failed in this way: status, redirect, gone, timeout, refused, dns, tls, blocked, protocol, network, or any."`
	Since    string `placeholder:"TIME" help:"Only deliveries made since then: 90m, 24h, 7d ago, or 2026-03-01T09:30:00Z."`
	Until    string `placeholder:"TIME" help:"Only deliveries made before then, written likewise."`
	listFlags
	remoteFlags
}

// Run lists deliveries.
func (cmd *deliveryListCommand) Run(ctx context.Context, c *console) error {
	now := time.Now()
	q := client.DeliveryQuery{WebhookID: cmd.Endpoint, TaskID: cmd.Task, EventID: cmd.Event, EventType: cmd.Type, State: cmd.State, LastClass: cmd.Class}
	var err error
	if q.From, err = readMoment(now, "--since", cmd.Since); err != nil {
		return err
	}
	if q.To, err = readMoment(now, "--until", cmd.Until); err != nil {
		return err
	}
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		fetch := func(ctx context.Context, page client.PageQuery) (client.Page[client.Delivery], error) {
			q.PageQuery = page
			return r.Deliveries(ctx, q)
		}
		t := deliveryTable()
		return list(ctx, r, cmd.listFlags, t, fetch, func(d client.Delivery) { t.add(deliveryRow(now, d)...) })
	})
}

func deliveryTable() *table {
	return &table{columns: []column{{title: "ID"}, {title: "STATE", state: true}, {title: "TRIES"}, {title: "CREATED"},
		{title: "URL", elastic: true}, {title: "EVENT", elastic: true, optional: true}, {title: "LAST ERROR", elastic: true, optional: true}}}
}

func deliveryRow(now time.Time, d client.Delivery) []string {
	return []string{d.ID, shownState(d), strconv.Itoa(d.Attempts), since(now, d.CreatedAt), d.URL, d.EventType, d.LastError}
}

// shownState is the state, or held.
func shownState(d client.Delivery) string {
	if d.Held {
		return "held"
	}
	return d.State
}
