//go:build unix

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/store"
)

type nodeCommand struct {
	List nodeListCommand `cmd:"" help:"List the servers that work on the database, oldest first, and what each has in hand."`
}

type nodeListCommand struct {
	config.Location
	JSON bool `name:"json" help:"Print JSON."`
}

// shownNode is a node as the command prints it.
type shownNode struct {
	ID         string    `json:"id"`
	State      string    `json:"state"` // "alive" or "gone"
	Host       string    `json:"host"`
	Version    string    `json:"version"`
	StartedAt  time.Time `json:"started_at"`
	LeaseUntil time.Time `json:"lease_until,omitzero"`
	Lanes      int       `json:"lanes"`
	Runs       int       `json:"runs"`
}

func showNode(n *taskhook.NodeState) shownNode {
	s := shownNode{n.ID, "alive", n.Host, n.Version, n.StartedAt, n.LeaseUntil, n.Lanes, n.Runs}
	if n.Gone {
		s.State = "gone"
	}
	return s
}

// Run lists the nodes, beside running servers or without one.
func (cmd *nodeListCommand) Run(ctx context.Context, c *console) error {
	cfg, err := c.load(config.Config{Location: cmd.Location})
	if err != nil {
		return err
	}
	return withStore(ctx, cfg, func(db *store.Store) error {
		now, err := db.Clock(ctx)
		if err != nil {
			return fmt.Errorf("read the clock of the database: %w", err)
		}
		if now.IsZero() {
			now = time.Now()
		}
		nodes, err := listNodes(ctx, cfg, db)
		if err != nil {
			return fmt.Errorf("list nodes: %w", err)
		}
		if cmd.JSON {
			return printJSON(c.stdout, nodes)
		}
		return printNodes(c, now, nodes)
	})
}

func listNodes(ctx context.Context, cfg *config.Config, db *store.Store) ([]shownNode, error) {
	found, err := db.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	locked := true
	if !db.Shared() {
		if locked, err = store.Locked(cfg.Data); err != nil {
			return nil, err
		}
	}
	shown := make([]shownNode, len(found))
	for i := range found {
		found[i].Gone = found[i].Gone || !locked
		shown[i] = showNode(&found[i])
	}
	return shown, nil
}

// printNodes prints a table; now is the time by the clock of the database.
func printNodes(c *console, now time.Time, nodes []shownNode) error {
	if len(nodes) == 0 {
		_, err := fmt.Fprintln(c.stderr, "no server works on the database")
		return err
	}
	t := &table{columns: []column{{title: "ID"}, {title: "STATE", state: true}, {title: "LEASE"}, {title: "LANES"}, {title: "RUNS"},
		{title: "STARTED"}, {title: "HOST", elastic: true}, {title: "VERSION", elastic: true, optional: true}}}
	for _, n := range nodes {
		t.add(n.ID, n.State, leaseLeft(now, n.LeaseUntil), fmt.Sprint(n.Lanes), fmt.Sprint(n.Runs), since(now, n.StartedAt), n.Host, n.Version)
	}
	return t.print(newScreen(c.stdout, c.env))
}

// leaseLeft says how long a lease goes on that nobody renews.
func leaseLeft(now, until time.Time) string {
	switch left := until.Sub(now).Round(time.Second); {
	case until.IsZero():
		return "the directory's lock"
	case left <= 0:
		return "ended"
	default:
		return left.String()
	}
}
