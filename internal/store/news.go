package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// News. What a node changes of a lane that another owns, it marks with the next
// number, within the turn of its transaction: so who has seen a number has seen all
// lower ones, and learns by reading alone what came since.

// mark tells the owners of the lanes, which are other nodes, that something is due
// there; with changed also that their endpoints were changed.
func (s *Store) mark(ctx context.Context, t tx, changed bool, lanes ...string) error {
	if len(lanes) == 0 {
		return nil
	}
	if err := t.send(ctx, nil, `UPDATE feed_head SET marks = marks + 1`); err != nil {
		return err
	}
	args := make([]any, 0, len(lanes)*len(bulkColumns[markedRows]))
	for _, lane := range lanes {
		args = append(args, lane, flag(changed))
	}
	if err := t.many(ctx, nil, markedRows, args); err != nil {
		return err
	}
	return s.hint(ctx, t)
}

// markForeign marks what a publication brought to lanes of other nodes.
func (s *Store) markForeign(ctx context.Context, t tx, lanes map[string]*laneRow) error {
	me := s.member.get().node
	var foreign []string
	for _, id := range slices.Sorted(maps.Keys(lanes)) {
		if owner := lanes[id].owner; owner != "" && owner != me {
			foreign = append(foreign, id)
		}
	}
	return s.mark(ctx, t, false, foreign...)
}

// markChanged marks that the endpoint of a lane was changed, if another owns it.
func (s *Store) markChanged(ctx context.Context, t tx, lane string) error {
	owner, _, err := first(ctx, t, scanInto[*string], `SELECT owner FROM lanes WHERE id = $1`, lane)
	if err != nil || owner == nil || *owner == s.member.get().node {
		return err
	}
	return s.mark(ctx, t, true, lane)
}

// hintEvery is how often a node tells the others at once that there are news; they
// look again shortly after they were told.
const hintEvery = 50 * time.Millisecond

// hint tells the others with the commit.
func (s *Store) hint(ctx context.Context, t tx) error {
	if !s.Shared() || time.Since(s.hinted) < hintEvery {
		return nil
	}
	s.hinted = time.Now()
	return t.send(ctx, nil, `SELECT pg_notify('`+channel+`', $1)`, s.member.get().node)
}

// channel is that of hints. Their text is the node that they come from.
const channel = "taskhook"

// News returns what others have done since the mark.
func (s *Store) News(ctx context.Context, now time.Time, node string, after int64) (n taskhook.News, err error) {
	n.Mark = after
	_, err = collect(ctx, s.db, func(r scanner) (none struct{}, err error) {
		var lane string
		var mark, changed *int64
		switch err := r.Scan(&lane, &mark, &changed); {
		case err != nil || mark == nil:
			return none, err
		case lane == "":
			n.Free = *mark <= ms(now)
			return none, nil
		}
		n.Lanes = append(n.Lanes, taskhook.LaneNews{Lane: lane, Changed: *changed > after})
		n.Mark = max(n.Mark, *mark)
		return none, nil
	}, `SELECT id, mark, changed FROM lanes WHERE owner = $1 AND mark > 0 AND mark > $2
		UNION ALL SELECT '', (`+firstFreeLane+`), 0`, node, after)
	return n, err
}

// Listen calls heard when another node says that there are news, until ctx ends. An
// error ends it early; without it news are found by looking.
func (s *Store) Listen(ctx context.Context, heard func()) error {
	listener, ok := s.db.(interface {
		listen(ctx context.Context, heard func(from string)) error
	})
	if !ok {
		<-ctx.Done()
		return nil
	}
	return listener.listen(ctx, func(from string) {
		if from != s.member.get().node {
			heard()
		}
	})
}
