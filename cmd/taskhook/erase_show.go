//go:build unix

package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/store"
)

// shownErasure is a receipt as it is printed.
type shownErasure struct {
	ID         string               `json:"id"`
	Kind       taskhook.SubjectKind `json:"kind"`
	Subject    string               `json:"subject"`
	AccountID  string               `json:"account_id,omitempty"`
	By         string               `json:"by"`
	CreatedAt  time.Time            `json:"created_at"`
	FinishedAt *time.Time           `json:"finished_at"`
	Counts     map[string]int64     `json:"counts"`
	Bytes      int64                `json:"bytes"`
}

// showErasure leaves out a subject that is to be forgotten.
func showErasure(e taskhook.Erasure) shownErasure {
	s := shownErasure{ID: e.ID, Kind: e.Subject.Kind, Subject: e.Subject.Name, AccountID: e.Subject.AccountID, By: e.By,
		CreatedAt: e.CreatedAt, Counts: e.Counts, Bytes: e.Bytes}
	if e.FinishedAt.IsZero() {
		if e.Subject.Kind == taskhook.SubjectMetadata {
			s.Subject = "(not finished)"
		}
		return s
	}
	s.FinishedAt = &e.FinishedAt
	return s
}

// printCounts says how much of what there is or was.
func printCounts(counts map[string]int64) string {
	var parts []string
	for _, table := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[table], strings.ReplaceAll(table, "_", " ")))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// count says what would be erased.
func (cmd *eraseCommand) count(ctx context.Context, c *console, db *store.Store, subject taskhook.Subject) error {
	removed, err := app.CountErasure(ctx, db, subject)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return printJSON(c.stdout, map[string]any{"dry_run": true, "counts": removed.Counts, "bytes": removed.Bytes})
	}
	_, err = fmt.Fprintf(c.stdout, "would erase %s; about %d bytes\n", printCounts(removed.Counts), removed.Bytes)
	return err
}

// receipt prints that of an erasure.
func (cmd *eraseCommand) receipt(ctx context.Context, c *console, db *store.Store, id string) error {
	e, err := db.Erasure(ctx, id)
	if err != nil {
		return err
	}
	shown := showErasure(e)
	if cmd.JSON {
		return printJSON(c.stdout, shown)
	}
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "receipt\t%s\n%s\t%s\n", shown.ID, shown.Kind, safe(shown.Subject))
	if shown.AccountID != "" {
		fmt.Fprintf(w, "of account\t%s\n", shown.AccountID)
	}
	fmt.Fprintf(w, "asked by\t%s\nasked at\t%s\n", safe(shown.By), shown.CreatedAt.Format(time.RFC3339))
	if shown.FinishedAt != nil {
		fmt.Fprintf(w, "erased at\t%s\n", shown.FinishedAt.Format(time.RFC3339))
	}
	fmt.Fprintf(w, "erased\t%s\nbytes\t%d\n", printCounts(shown.Counts), shown.Bytes)
	return w.Flush()
}

// list prints all receipts.
func (cmd *eraseCommand) list(ctx context.Context, c *console, db *store.Store) error {
	all, err := db.Erasures(ctx)
	if err != nil {
		return fmt.Errorf("list erasures: %w", err)
	}
	shown := make([]shownErasure, len(all))
	for i, e := range all {
		shown[i] = showErasure(e)
	}
	if cmd.JSON {
		return printJSON(c.stdout, shown)
	}
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSUBJECT\tBY\tASKED\tERASED\tWHAT")
	for _, e := range shown {
		ended := "goes on"
		if e.FinishedAt != nil {
			ended = e.FinishedAt.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%s\t%s %s\t%s\t%s\t%s\t%s\n", e.ID, e.Kind, safe(e.Subject), safe(e.By), e.CreatedAt.Format(time.RFC3339), ended, printCounts(e.Counts))
	}
	return w.Flush()
}
