package store

import (
	"context"
	"math"
	"time"

	"github.com/taskhook/taskhook"
)

// checkPace refuses an execution when as many of its workflow were started through
// its face in the minute before it. Their ids say when they were.
func checkPace(ctx context.Context, r reader, x *taskhook.Execution, perMinute int) error {
	if perMinute == 0 {
		return nil
	}
	since := x.CreatedAt.Add(time.Millisecond - time.Minute)
	// The one that has to be a minute old before there may be another.
	created, met, err := first(ctx, r, scanInto[int64], `SELECT created_at FROM executions WHERE workflow = $1 AND id >= $2 AND id <> $3 AND face = $4
		ORDER BY id DESC LIMIT 1 OFFSET $5`, x.WorkflowID, taskhook.FloorID(taskhook.PrefixExecution, since), x.ID, x.Face, perMinute-1)
	if err != nil || !met {
		return err
	}
	wait := at(created).Add(time.Minute).Sub(x.CreatedAt)
	refused := taskhook.Errorf(taskhook.CodeRateLimited, "Rate limit exceeded. The workflow may be run %d times a minute; run it again in %.0f s.",
		perMinute, math.Ceil(wait.Seconds()))
	refused.RetryAfter = wait
	return refused
}
