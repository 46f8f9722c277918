//go:build unix

package main

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/taskhook/taskhook/client"
)

type balanceCommand struct {
	remoteFlags
}

// Run shows the money of the key's account.
func (cmd *balanceCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		b, err := r.Balance(ctx)
		if err != nil {
			return err
		}
		return r.show(b, func() *sheet {
			s := &sheet{}
			s.add("available", "%s USD", b.Balance)
			s.add("held", "%s USD, for unfinished tasks", b.Held)
			if b.BillingMode == "postpaid" {
				s.add("limit", "none")
			} else {
				s.add("limit", "what is available")
			}
			return s
		})
	})
}

type usageCommand struct {
	By    string `enum:"day,model,key" default:"day" placeholder:"GROUP" help:"What to sum by: day, model or key. Default: day."`
	Since string `placeholder:"TIME" help:"Only tasks that ended since then: 90m, 24h, 7d ago, or 2026-03-01T09:30:00Z. Default: 30d ago."`
	remoteFlags
}

// Run shows how the tasks of the key's account ended.
func (cmd *usageCommand) Run(ctx context.Context, c *console) error {
	from, err := readMoment(time.Now(), "--since", cmd.Since)
	if err != nil {
		return err
	}
	q := client.UsageQuery{GroupBy: cmd.By, From: from}
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		u, err := r.Usage(ctx, q)
		if err != nil {
			return err
		}
		if r.json {
			return writeJSON(r.out.w, u)
		}
		if err := usageTable(u).print(r.out); err != nil {
			return err
		}
		r.log.say("whole hours from %s to %s", u.From.Format(time.RFC3339), u.To.Format(time.RFC3339))
		if u.Truncated {
			r.log.say("there are more rows; the total has them all")
		}
		return nil
	})
}

func usageTable(u client.Usage) *table {
	titles := map[string]string{"day": "DAY", "model": "MODEL", "key": "KEY"}
	t := &table{columns: []column{{title: titles[u.GroupBy], elastic: true}, {title: "SUCCEEDED"}, {title: "FAILED"}, {title: "CANCELLED"}, {title: "COST (USD)"}}}
	add := func(name string, succeeded, failed, cancelled int64, cost json.Number) {
		t.add(name, strconv.FormatInt(succeeded, 10), strconv.FormatInt(failed, 10), strconv.FormatInt(cancelled, 10), cost.String())
	}
	for _, row := range u.Rows {
		add(row.Group, row.Succeeded, row.Failed, row.Cancelled, row.Cost)
	}
	add("total", u.Total.Succeeded, u.Total.Failed, u.Total.Cancelled, u.Total.Cost)
	return t
}
