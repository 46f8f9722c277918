//go:build unix

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

type endpointHealthCommand struct {
	ID string `arg:"" help:"Id of the endpoint."`
	remoteFlags
}

// Run shows how an endpoint fares.
func (cmd *endpointHealthCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		h, err := r.WebhookHealth(ctx, cmd.ID)
		if err != nil {
			return err
		}
		now := time.Now()
		if err := r.show(h, func() *sheet { return describeHealth(now, h) }); err != nil || r.json {
			return err
		}
		t := hoursTable()
		for _, hour := range h.Hours {
			if hour.Succeeded+hour.Failed > 0 {
				t.add(hoursRow(hour)...)
			}
		}
		if len(t.rows) > 0 {
			if err := r.out.print("\n"); err != nil {
				return err
			}
			if err := t.print(r.out); err != nil {
				return err
			}
		}
		if h.LastFailure == nil || h.ConsecutiveFailures == 0 {
			return nil
		}
		return r.out.print("\n" + r.out.paint(yellow, "hint") + "  " + safe(h.LastFailure.Hint) + "\n")
	})
}

func describeHealth(now time.Time, h client.WebhookHealth) *sheet {
	s := &sheet{}
	s.add("endpoint", "%s", h.WebhookID)
	s.state("state", h.State)
	s.add("reason", "%s", h.Reason)
	s.time("last success", now, h.LastSuccessAt)
	if f := h.LastFailure; f != nil {
		s.time("last failure", now, f.At)
		s.add("", "%s: %s", f.Class, f.Error)
	}
	s.add("failures in a row", "%d", h.ConsecutiveFailures)
	s.add("last hour", "%s", describeTraffic(h.LastHour))
	s.add("last 24 hours", "%s", describeTraffic(h.LastDay))
	owed := strconv.Itoa(h.Pending)
	if h.Pending >= taskhook.MaxTotal {
		owed += " or more"
	}
	if h.Pending > 0 && h.State != string(taskhook.EndpointActive) {
		owed += ", held"
	}
	s.add("owed", "%s", owed)
	s.time("first due", now, h.OldestDueAt)
	if h.RestsUntil.After(now) {
		s.time("left alone until", now, h.RestsUntil)
	}
	return s
}

// describeTraffic says how many attempts succeeded, and what the others met.
func describeTraffic(t client.Traffic) string {
	if t.SuccessRate == nil {
		return "no attempt"
	}
	text := fmt.Sprintf("%d of %d attempts succeeded (%.1f %%)", t.Succeeded, t.Succeeded+t.Failed, 100**t.SuccessRate)
	var met []string
	for _, class := range taskhook.Failures() {
		if n := t.Failures[string(class)]; n > 0 {
			met = append(met, fmt.Sprintf("%s %d", class, n))
		}
	}
	if len(met) > 0 {
		text += "; failed: " + strings.Join(met, ", ")
	}
	return text
}

func hoursTable() *table {
	return &table{columns: []column{{title: "FROM"}, {title: "SUCCEEDED"}, {title: "FAILED"}}}
}

func hoursRow(h client.TrafficHour) []string {
	return []string{h.Start.UTC().Format("15:04Z"), strconv.Itoa(h.Succeeded), strconv.Itoa(h.Failed)}
}
