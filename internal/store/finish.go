package store

import (
	"cmp"
	"context"
	"slices"

	"github.com/taskhook/taskhook"
)

// FinishDeliveries records attempts. A result is stale, and changes nothing, when
// its delivery was finished elsewhere, when its lane has another epoch by now, or
// when the attempt is recorded already. After an error it can be repeated.
func (s *Store) FinishDeliveries(ctx context.Context, results []*taskhook.AttemptResult) error {
	return s.writes.do(ctx, s.kinds.finishDeliveries, results)
}

func finishKind() *kind {
	return &kind{name: "finish_deliveries", sent: true, apply: func(ctx context.Context, t tx, items []*write) error {
		var all []*taskhook.AttemptResult
		for _, w := range items {
			all = append(all, w.item.([]*taskhook.AttemptResult)...)
		}
		return finishDeliveries(ctx, t, all)
	}}
}

func finishDeliveries(ctx context.Context, t tx, all []*taskhook.AttemptResult) error {
	for _, r := range all {
		r.Stale = true
	}
	slices.SortStableFunc(all, func(a, b *taskhook.AttemptResult) int { return cmp.Compare(a.Delivery.ID, b.Delivery.ID) })
	if err := updateDeliveries(ctx, t, all); err != nil {
		return err
	}
	return t.then(func() error { return noteAttempts(ctx, t, all) })
}

// noteAttempts writes what is noted of those that were not stale.
func noteAttempts(ctx context.Context, t tx, all []*taskhook.AttemptResult) error {
	var made []*taskhook.AttemptResult
	for _, r := range all {
		if !r.Stale {
			made = append(made, r)
		}
	}
	if err := insertAttempts(ctx, t, made); err != nil {
		return err
	}
	if err := countAttempts(ctx, t, made); err != nil {
		return err
	}
	return noteHealth(ctx, t, made)
}

func updateDeliveries(ctx context.Context, t tx, all []*taskhook.AttemptResult) error {
	args := make([]any, 0, len(all)*len(bulkColumns[resultRows]))
	byID := make(map[string]*taskhook.AttemptResult, len(all))
	for _, r := range all {
		d := &r.Delivery
		byID[d.ID] = r
		args = append(args, d.ID, d.LaneID, r.Epoch, string(d.State), d.Attempts, d.LastError, ms(d.DueAt), msOrNil(d.FinishedAt), string(d.LastClass))
	}
	changed := func(found rows) error {
		var ids []string
		err := into(&ids, scanInto[string])(found)
		for _, id := range ids {
			byID[id].Stale = false
		}
		return err
	}
	return t.many(ctx, changed, resultRows, args)
}

func insertAttempts(ctx context.Context, t tx, made []*taskhook.AttemptResult) error {
	args := make([]any, 0, len(made)*len(bulkColumns[attemptRows]))
	amount := taskhook.Amount{Rows: int64(len(made))}
	for _, r := range made {
		a := &r.Attempt
		amount.Bytes += attemptCost + int64(len(a.Response))
		var response any
		if len(a.Response) > 0 {
			response = a.Response
		}
		args = append(args, r.Delivery.ID, a.Number, ms(a.StartedAt), a.Duration.Microseconds(), a.Status,
			string(a.Class), a.Error, response, a.RetryAfter.Milliseconds())
	}
	t.note(taskhook.KindAttempts, amount)
	return t.many(ctx, nil, attemptRows, args)
}
