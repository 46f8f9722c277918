//go:build unix

package main

import (
	"context"
	"time"

	"github.com/taskhook/taskhook/client"
)

type modelCommand struct {
	List modelListCommand `cmd:"" help:"List what can be asked for: each model with each of its capabilities."`
}

type modelListCommand struct {
	Provider   string `help:"Only models of this provider."`
	Capability string `help:"Only models with this capability, such as text-to-video."`
	remoteFlags
}

// Run lists models.
func (cmd *modelListCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		models, err := r.Models(ctx, client.ModelQuery{Provider: cmd.Provider, Capability: cmd.Capability})
		if err != nil {
			return err
		}
		t := modelTable()
		if err := each(r, models, func(m client.Model) { t.add(modelRow(m)...) }); err != nil {
			return err
		}
		return r.finish(t, len(models), client.Pagination{})
	})
}

func modelTable() *table {
	return &table{columns: []column{{title: "PROVIDER"}, {title: "CAPABILITY"}, {title: "MODEL", elastic: true}, {title: "MAKES"},
		{title: "READY"}, {title: "TAKES", optional: true}, {title: "COST", optional: true}}}
}

func modelRow(m client.Model) []string {
	ready := "test keys only"
	if m.Available {
		ready = "yes"
	}
	takes, cost := "", ""
	if m.EstimatedSeconds > 0 {
		takes = rough(time.Duration(m.EstimatedSeconds) * time.Second)
	}
	if m.Cost != "" && m.Cost != "0" {
		cost = m.Cost.String() + " USD"
	}
	return []string{m.Provider, m.Capability, m.ID, m.Type, ready, takes, cost}
}
