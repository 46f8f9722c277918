//go:build unix

package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

type workerListCommand struct{ remoteFlags }

// Run lists workers.
func (cmd *workerListCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		api, err := cmd.workers(c)
		if err != nil {
			return err
		}
		list, err := api.Workers(ctx)
		if err != nil {
			return err
		}
		t := table{columns: []column{{title: "WORKER"}, {title: "STATE", state: true}, {title: "TASKS"}, {title: "SEEN"}, {title: "POOL", optional: true},
			{title: "MODELS", elastic: true}, {title: "LABELS", elastic: true, optional: true}, {title: "VERSION", optional: true}}}
		for _, w := range list {
			if r.json {
				if err := writeJSON(r.out.w, w); err != nil {
					return err
				}
				continue
			}
			state := "active"
			if w.Draining {
				state = "draining"
			}
			var labels []string
			for _, key := range slices.Sorted(maps.Keys(w.Labels)) {
				labels = append(labels, key+"="+w.Labels[key])
			}
			t.add(w.Worker, state, strconv.Itoa(w.Leases)+"/"+strconv.Itoa(w.Capacity), time.Since(w.SeenAt).Round(time.Second).String()+" ago", w.Pool,
				strings.Join(w.Models, " "), strings.Join(labels, " "), w.Version)
		}
		switch {
		case r.json:
			return nil
		case len(list) == 0:
			return r.log.print("no worker has asked for tasks yet; docs/workers.md tells how to start one\n")
		}
		return t.print(r.out)
	})
}

type workerDrainCommand struct {
	Worker string `arg:"" help:"Name of the worker, as worker list shows it."`
	remoteFlags
}

// Run drains a worker.
func (cmd *workerDrainCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		api, err := cmd.workers(c)
		if err != nil {
			return err
		}
		if err := api.Drain(ctx, cmd.Worker); err != nil {
			return err
		}
		return r.out.print(fmt.Sprintf("%s gets no more tasks until it starts anew\n", safe(cmd.Worker)))
	})
}
