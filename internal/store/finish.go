package store

import (
	"cmp"
	"context"
	"slices"

	"github.com/taskhook/taskhook"
)

// FinishDeliveries records attempts. A result is stale, and changes nothing, when
// its delivery was finished elsewhere or claimed under another epoch, or when the
// attempt is recorded already. After an error it can be repeated.
func (s *Store) FinishDeliveries(ctx context.Context, results []*taskhook.AttemptResult) error {
	return s.writes.do(ctx, s.kinds.finishDeliveries, results)
}

func finishKind() *kind {
	return &kind{name: "finish_deliveries", apply: func(ctx context.Context, t tx, items []*write) error {
		var all []*taskhook.AttemptResult
		for _, w := range items {
			all = append(all, w.item.([]*taskhook.AttemptResult)...)
		}
		return finishDeliveries(ctx, t, all)
	}}
}

func finishDeliveries(ctx context.Context, t tx, results []*taskhook.AttemptResult) error {
	for _, r := range results {
		r.Stale = true
	}
	slices.SortStableFunc(results, func(a, b *taskhook.AttemptResult) int { return cmp.Compare(a.Delivery.ID, b.Delivery.ID) })
	if err := bulk(results, func(chunk []*taskhook.AttemptResult) error { return updateDeliveries(ctx, t, chunk) }); err != nil {
		return err
	}
	var made []*taskhook.AttemptResult
	for _, r := range results {
		if !r.Stale {
			made = append(made, r)
		}
	}
	if err := bulk(made, func(chunk []*taskhook.AttemptResult) error { return insertAttempts(ctx, t, chunk) }); err != nil {
		return err
	}
	if err := countAttempts(ctx, t, made); err != nil {
		return err
	}
	return noteHealth(ctx, t, made)
}

func updateDeliveries(ctx context.Context, t tx, chunk []*taskhook.AttemptResult) error {
	args := make([]any, 0, len(chunk)*finishWidth)
	byID := make(map[string]*taskhook.AttemptResult, len(chunk))
	for _, r := range chunk {
		d := &r.Delivery
		byID[d.ID] = r
		args = append(args, d.ID, r.Epoch, string(d.State), d.Attempts, d.LastError, ms(d.DueAt), msOrNil(d.FinishedAt), string(d.LastClass))
	}
	changed, err := collect(ctx, t, scanInto[string], t.texts().finishDeliveries[len(chunk)], args...)
	if err != nil {
		return err
	}
	for _, id := range changed {
		byID[id].Stale = false
	}
	return nil
}

func insertAttempts(ctx context.Context, t tx, chunk []*taskhook.AttemptResult) error {
	args := make([]any, 0, len(chunk)*attemptWidth)
	for _, r := range chunk {
		a := &r.Attempt
		var response any
		if len(a.Response) > 0 {
			response = a.Response
		}
		args = append(args, r.Delivery.ID, a.Number, ms(a.StartedAt), a.Duration.Microseconds(), a.Status,
			string(a.Class), a.Error, response, a.RetryAfter.Milliseconds())
	}
	_, err := t.exec(ctx, t.texts().insertAttempts[len(chunk)], args...)
	return err
}
