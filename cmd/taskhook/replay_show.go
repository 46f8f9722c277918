//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/taskhook/taskhook/client"
)

type replayListCommand struct {
	State string `help:"Only replays of this state: running, paused, completed or cancelled."`
	listFlags
	remoteFlags
}

// Run lists replays.
func (cmd *replayListCommand) Run(ctx context.Context, c *console) error {
	now := time.Now()
	q := client.ReplayQuery{State: cmd.State}
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		fetch := func(ctx context.Context, page client.PageQuery) (client.Page[client.Replay], error) {
			q.PageQuery = page
			return r.Replays(ctx, q)
		}
		t := &table{columns: []column{{title: "ID"}, {title: "STATE", state: true}, {title: "DONE"}, {title: "MADE"}, {title: "STARTED"},
			{title: "WHAT", elastic: true}}}
		return list(ctx, r, cmd.listFlags, t, fetch, func(j client.Replay) {
			done := ""
			if j.Percent != nil {
				done = fmt.Sprintf("%d %%", *j.Percent)
			}
			t.add(j.ID, j.State, done, strconv.Itoa(j.Created), since(now, j.CreatedAt), selection(j.Selection))
		})
	})
}

type replayShowCommand struct {
	ID    string `arg:"" help:"Id of the replay."`
	Watch bool   `aliases:"wait" help:"Follow the replay until it has made all; the exit status is 1 unless it completes."`
	remoteFlags
}

// Run shows a replay.
func (cmd *replayShowCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		if cmd.Watch {
			return r.watchReplay(ctx, cmd.ID)
		}
		return r.tellReplay(ctx, cmd.ID, r.Replay)
	})
}

type replayPauseCommand struct {
	ID string `arg:"" help:"Id of the replay."`
	remoteFlags
}

// Run pauses a replay.
func (cmd *replayPauseCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error { return r.tellReplay(ctx, cmd.ID, r.PauseReplay) })
}

type replayResumeCommand struct {
	ID string `arg:"" help:"Id of the replay."`
	remoteFlags
}

// Run lets a replay go on.
func (cmd *replayResumeCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error { return r.tellReplay(ctx, cmd.ID, r.ResumeReplay) })
}

type replayCancelCommand struct {
	ID string `arg:"" help:"Id of the replay."`
	remoteFlags
}

// Run cancels a replay.
func (cmd *replayCancelCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error { return r.tellReplay(ctx, cmd.ID, r.CancelReplay) })
}

type replayRateCommand struct {
	ID   string `arg:"" help:"Id of the replay."`
	Rate int    `arg:"" help:"Deliveries a second."`
	remoteFlags
}

// Run changes the rate of a replay.
func (cmd *replayRateCommand) Run(ctx context.Context, c *console) error {
	if cmd.Rate < 1 {
		return usageError{errors.New("the rate must be at least 1; `taskhook replay pause` stops a replay")}
	}
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		return r.tellReplay(ctx, cmd.ID, func(ctx context.Context, id string) (client.Replay, error) {
			return r.ChangeReplay(ctx, id, client.ReplayChange{RatePerSecond: &cmd.Rate})
		})
	})
}

// tellReplay asks something about a replay and shows it as it then is.
func (r *remote) tellReplay(ctx context.Context, id string, ask func(ctx context.Context, id string) (client.Replay, error)) error {
	j, err := ask(ctx, id)
	if err != nil {
		return err
	}
	return r.showReplay(j)
}

func (r *remote) showReplay(j client.Replay) error {
	return r.show(j, func() *sheet { return describeReplay(time.Now(), j) })
}

func describeReplay(now time.Time, j client.Replay) *sheet {
	s := &sheet{}
	s.add("replay", "%s", j.ID)
	s.state("state", j.State)
	s.add("reason", "%s", j.Reason)
	s.add("what", "%s", selection(j.Selection))
	s.add("found", "%s", atLeast(j.Found, j.FoundMore))
	s.add("made", "%d", j.Created)
	if j.Skipped > 0 {
		s.add("passed by", "%d, owed already or to nobody any more", j.Skipped)
	}
	s.add("of those", "%s", outcomes(j.Deliveries))
	s.add("rate", "%d a second", j.RatePerSecond)
	s.time("started", now, j.CreatedAt)
	s.time("ended", now, j.FinishedAt)
	return s
}

// selection says in a line what a replay was asked for with.
func selection(n client.NewReplay) string {
	var parts []string
	add := func(text, value string) {
		if value != "" {
			parts = append(parts, text+" "+value)
		}
	}
	if ids := len(n.DeliveryIDs); ids > 0 {
		add("chosen:", strconv.Itoa(ids))
	}
	if !n.Since.IsZero() {
		add("recovers", n.WebhookID)
		add("since", n.Since.UTC().Format(time.RFC3339))
	} else {
		add("endpoint", n.WebhookID)
	}
	add("state", n.State)
	add("class", n.LastClass)
	add("type", n.EventType)
	add("event", n.EventID)
	add("task", n.TaskID)
	if !n.StartDate.IsZero() {
		add("from", n.StartDate.UTC().Format(time.RFC3339))
	}
	if !n.EndDate.IsZero() {
		add("before", n.EndDate.UTC().Format(time.RFC3339))
	}
	if n.Missing {
		add("and", "what was missing")
	}
	add("to", n.ToWebhookID)
	return join(parts...)
}
