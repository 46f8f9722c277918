package store

import (
	"context"

	"github.com/taskhook/taskhook"
)

// postgresPage is of many lanes. What their owner has is the keys of one object, which
// are searched; an array would be gone through for every row.
var postgresPage = selectPage(`(SELECT due.* FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS v (lane, epoch, rows)
	CROSS JOIN LATERAL (SELECT * FROM deliveries WHERE lane = v.lane AND state = 'pending' AND due_at <= $4
		AND claim <> v.epoch AND NOT $5::jsonb ? id ORDER BY due_at, id LIMIT v.rows) AS due)`)

func (db *postgresDB) duePages(ctx context.Context, now int64, pages []taskhook.LanePage) (found []taskhook.Outgoing, lanes []*laneRow, err error) {
	ids, held := make([]string, len(pages)), map[string]bool{}
	epochs, limits := make([]int64, len(pages)), make([]int64, len(pages))
	for i, p := range pages {
		ids[i], epochs[i], limits[i] = p.Lane, p.Epoch, int64(p.Limit)+1
		for _, id := range p.Held {
			held[id] = true
		}
	}
	if found, err = collect(ctx, db.pages, scanOutgoing, postgresPage, ids, epochs, limits, now, held); err != nil {
		return nil, nil, err
	}
	lanes, err = collect(ctx, db.pages, scanLaneRow, selectLaneStates+`= ANY($2::text[])`, now, ids)
	return found, lanes, err
}
