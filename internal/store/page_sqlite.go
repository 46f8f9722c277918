package store

import (
	"context"
	"encoding/json"

	"github.com/taskhook/taskhook"
)

// sqlitePage is of one lane at a time: there is no LATERAL.
var sqlitePage = selectPage(`deliveries`) + `WHERE d.lane = $1 AND d.state = 'pending' AND d.due_at <= $2 AND d.claim <> $3
	AND d.id NOT IN (SELECT value FROM json_each($4)) ORDER BY d.due_at, d.id LIMIT $5`

func (db *sqliteDB) duePages(ctx context.Context, now int64, pages []taskhook.LanePage) (found []taskhook.Outgoing, lanes []*laneRow, err error) {
	for _, p := range pages {
		held, err := json.Marshal(append([]string{}, p.Held...))
		if err != nil {
			return nil, nil, err
		}
		page, err := collect(ctx, &db.pages, scanOutgoing, sqlitePage, p.Lane, now, p.Epoch, string(held), p.Limit+1)
		if err != nil {
			return nil, nil, err
		}
		lane, err := collect(ctx, &db.pages, scanLaneRow, selectLaneStates+`= $2`, now, p.Lane)
		if err != nil {
			return nil, nil, err
		}
		found, lanes = append(found, page...), append(lanes, lane...)
	}
	return found, lanes, nil
}
