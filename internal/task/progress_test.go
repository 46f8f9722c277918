package task

import (
	"context"
	"fmt"
	"testing"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

// owner knows which runs are a node's, and counts how often it was asked about each.
type owner struct {
	ProgressStore
	owned map[string]bool
	asked map[string]int
}

func (o *owner) OwnedRuns(_ context.Context, _, after, upTo string) (ids []string, err error) {
	for id, ours := range o.owned {
		if id > after && id <= upTo {
			o.asked[id]++
			if ours {
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}

// TestRound goes round more runs than are looked at at a time: each is looked at once, and
// those alone end that are another's.
func TestRound(t *testing.T) {
	t.Parallel()
	const runs = 2*ownBite + 10
	o := &owner{owned: map[string]bool{}, asked: map[string]int{}}
	w := &Worker{WorkerOptions: WorkerOptions{Progress: o, Lease: func() taskhook.Lease { return taskhook.Lease{Node: "node_1"} }},
		running: map[string]*execution{}, accounts: map[string]int{}}
	var all []*execution
	for i := range runs {
		x := &execution{node: "node_1"}
		x.ctx, x.cancel = context.WithCancelCause(t.Context())
		x.claimed.Run.ID, x.claimed.Task.ID = fmt.Sprintf("run_%05d", i), fmt.Sprintf("task_%05d", i)
		o.owned[x.claimed.Run.ID] = i%1000 != 7
		w.enter(x)
		all = append(all, x)
	}
	all[3].node = "node_0" // that this process was before
	var r round
	for range 3 {
		if err := r.next(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	for i, x := range all {
		var want error
		switch {
		case i == 3:
			want = errStopped
		case i%1000 == 7:
			want = provider.ErrCancelled
		}
		if got := context.Cause(x.ctx); got != want || o.asked[x.claimed.Run.ID] != 1 {
			t.Errorf("run %d ends by %v, want %v; asked %d times", i, got, want, o.asked[x.claimed.Run.ID])
		}
	}
}
