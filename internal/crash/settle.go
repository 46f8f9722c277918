package crash

import (
	"context"
	"fmt"
	"slices"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// settle waits until all tasks and deliveries are final, or patience ends, and
// lists them.
func (t *Trial) settle(ctx context.Context) (tasks []client.Task, deliveries []client.Delivery, err error) {
	limit, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for t.unsettled(limit) && limit.Err() == nil {
		pause()
	}
	c := t.client()
	tasks, err = pages(func(p client.PageQuery) (client.Page[client.Task], error) {
		return c.Tasks(ctx, client.TaskQuery{PageQuery: p})
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list tasks: %w", err)
	}
	deliveries, err = pages(func(p client.PageQuery) (client.Page[client.Delivery], error) {
		return c.Deliveries(ctx, client.DeliveryQuery{PageQuery: p})
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list deliveries: %w", err)
	}
	return tasks, deliveries, nil
}

// unsettled reports whether something is under way, as far as it can be known.
func (t *Trial) unsettled(ctx context.Context) bool {
	c := t.client()
	open := slices.ContainsFunc([]string{"pending", "queued", "running"}, func(status string) bool {
		p, err := c.Tasks(ctx, client.TaskQuery{Status: status, PageQuery: client.PageQuery{Limit: 1}})
		return err != nil || len(p.Items) > 0
	})
	flows := slices.ContainsFunc([]string{"pending", "running"}, func(status string) bool {
		p, err := c.Executions(ctx, client.ExecutionQuery{Status: status})
		return err != nil || len(p.Items) > 0
	})
	replays, err := c.Replays(ctx, client.ReplayQuery{State: string(taskhook.ReplayRunning)})
	if open || flows || err != nil || len(replays.Items) > 0 {
		return true
	}
	pending, err := c.Deliveries(ctx, client.DeliveryQuery{State: "pending", PageQuery: client.PageQuery{Limit: 1}})
	if err != nil || len(pending.Items) > 0 {
		return true
	}
	batches, err := t.batches(ctx)
	return err != nil || slices.ContainsFunc(batches, func(b client.Batch) bool { return b.CompletedAt.IsZero() })
}

// batches lists all batches, without their tasks.
func (t *Trial) batches(ctx context.Context) ([]client.Batch, error) {
	list, err := pages(func(p client.PageQuery) (client.Page[client.Batch], error) { return t.client().Batches(ctx, p) })
	if err != nil {
		err = fmt.Errorf("list batches: %w", err)
	}
	return list, err
}

// pages reads a whole list.
func pages[T any](read func(client.PageQuery) (client.Page[T], error)) (all []T, err error) {
	q := client.PageQuery{Limit: 100}
	for {
		p, err := read(q)
		if err != nil {
			return nil, err
		}
		all = append(all, p.Items...)
		if !p.Pagination.HasMore {
			return all, nil
		}
		q.Cursor = p.Pagination.Cursor
	}
}
