//go:build unix

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

type deliveryGetCommand struct {
	ID string `arg:"" help:"Id of the delivery."`
	remoteFlags
}

// Run shows a delivery with its attempts. As JSON these follow it, one on each
// line.
func (cmd *deliveryGetCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		d, err := r.Delivery(ctx, cmd.ID)
		if err != nil {
			return err
		}
		attempts, err := r.Attempts(ctx, cmd.ID)
		if err != nil {
			return err
		}
		if err := r.showDelivery(d); err != nil {
			return err
		}
		if r.json {
			return each(r, attempts, nil)
		}
		return r.out.print(describeAttempts(r.out, attempts) + describeAdvice(r.out, d, attempts))
	})
}

func (r *remote) showDelivery(d client.Delivery) error {
	return r.show(d, func() *sheet { return describeDelivery(time.Now(), d) })
}

func describeDelivery(now time.Time, d client.Delivery) *sheet {
	s := &sheet{}
	s.add("delivery", "%s", d.ID)
	s.state("state", shownState(d))
	s.add("error", "%s", d.LastError)
	s.add("url", "%s", d.URL)
	s.add("endpoint", "%s", d.WebhookID)
	s.add("event", "%s (%s)", d.EventID, d.EventType)
	s.add("about", "%s", d.Subject)
	s.add("replay of", "%s", d.ReplayOf)
	s.add("made by", "%s", d.ReplayID)
	if d.Test {
		s.add("test", "asked for by a person")
	}
	s.time("created", now, d.CreatedAt)
	s.time("finished", now, d.FinishedAt)
	s.time("next try", now, d.NextAttemptAt)
	s.add("tries", "%d", d.Attempts)
	return s
}

// describeAttempts shows each attempt in a line, with what came below it.
func describeAttempts(s *screen, attempts []client.Attempt) string {
	var b strings.Builder
	for _, a := range attempts {
		status := "no answer"
		if a.StatusCode != 0 {
			status = fmt.Sprintf("status %d", a.StatusCode)
		}
		class := s.paint(colourOf("failed"), safe(a.Class))
		if a.Delivered {
			class = s.paint(colourOf("delivered"), safe(a.Class))
		}
		fmt.Fprintf(&b, "\n%s  %s  %s  %d ms  %s\n", s.paint(bold, fmt.Sprintf("attempt %d", a.Number)),
			a.StartedAt.UTC().Format("2006-01-02T15:04:05.000Z07:00"), status, a.DurationMS, class)
		if a.Error != "" {
			fmt.Fprintf(&b, "  %s\n", safe(a.Error))
		}
		if a.RetryAfterSeconds > 0 {
			fmt.Fprintf(&b, "  it asks to wait %s\n", time.Duration(a.RetryAfterSeconds*float64(time.Second)))
		}
		b.WriteString(describeResponse(s, a.Response))
	}
	return b.String()
}

// The part of a response that is shown to people.
const (
	maxResponseLines = 10
	maxResponseWidth = 160
)

// describeResponse quotes the beginning of what a receiver answered.
func describeResponse(s *screen, response string) string {
	width := maxResponseWidth
	if s.width > 0 {
		width = min(width, max(s.width-4, minColumn))
	}
	var b strings.Builder
	lines := slices.DeleteFunc(strings.Split(response, "\n"), func(line string) bool { return strings.TrimSpace(line) == "" })
	for i, line := range lines {
		if i == maxResponseLines {
			fmt.Fprintf(&b, "  %s\n", s.paint(dim, fmt.Sprintf("and %d lines more; --json shows all", len(lines)-i)))
			break
		}
		fmt.Fprintf(&b, "  %s\n", s.paint(dim, "> "+cut(safe(strings.TrimSuffix(line, "\r")), width)))
	}
	return b.String()
}

// describeAdvice says what can be done about a delivery that has not arrived.
func describeAdvice(s *screen, d client.Delivery, attempts []client.Attempt) string {
	var advice []string
	if n := len(attempts); n > 0 && d.State != string(taskhook.DeliveryDelivered) {
		last := attempts[n-1]
		advice = append(advice, taskhook.Hint(&taskhook.Attempt{Class: taskhook.Class(last.Class), Status: last.StatusCode}))
	}
	switch {
	case d.Held:
		advice = append(advice, fmt.Sprintf("The endpoint is not active, and this waits: `taskhook endpoint resume %s`.", d.WebhookID))
	case d.State == string(taskhook.DeliveryFailed):
		advice = append(advice, fmt.Sprintf("Send it again when that is mended: `taskhook delivery replay %s`.", d.ID))
	}
	text := ""
	for _, line := range advice {
		if line != "" {
			text += "\n" + s.paint(yellow, "hint") + "  " + safe(line)
		}
	}
	if text != "" {
		text += "\n"
	}
	return text
}
