//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

type replayCommand struct {
	Preview replayPreviewCommand `cmd:"" help:"See what a replay would send."`
	Start   replayStartCommand   `cmd:"" help:"Send many deliveries again, at a limited rate."`
	List    replayListCommand    `cmd:"" help:"List replays, the newest first."`
	Show    replayShowCommand    `cmd:"" aliases:"get" help:"Show a replay and what became of what it has made."`
	Pause   replayPauseCommand   `cmd:"" help:"Pause a replay."`
	Resume  replayResumeCommand  `cmd:"" help:"Let a paused replay go on."`
	Cancel  replayCancelCommand  `cmd:"" help:"Cancel a replay; what it has made is still sent."`
	Rate    replayRateCommand    `cmd:"" help:"Make a replay slower or faster."`
}

// replayFlags choose what to send again.
type replayFlags struct {
	IDs      []string `arg:"" optional:"" name:"id" help:"Ids of deliveries, instead of filters."`
	Recover  string   `placeholder:"ENDPOINT" help:"Send this endpoint all that it has not got since --since."`
	Missing  bool     `help:"With --recover: also what it wants now, but was never owed."`
	Endpoint string   `placeholder:"ID" help:"Deliveries to this endpoint."`
	Task     string   `placeholder:"ID" help:"Deliveries of this task's outcome."`
	Event    string   `placeholder:"ID" help:"Deliveries of this event."`
	Type     string   `help:"Deliveries of events of this type, such as task.failed."`
	State    string   `aliases:"status" help:"Deliveries that have ended so: delivered, failed or cancelled."`
	Class    string   `aliases:"error-class" help:"Deliveries whose last attempt failed in this way: status, redirect, gone, timeout, refused, dns, tls, blocked, protocol, network, or any."`
	Since    string   `placeholder:"TIME" help:"Made since then: 90m, 24h, 7d ago, or 2026-03-01T09:30:00Z."`
	Until    string   `placeholder:"TIME" help:"Made before then, written likewise."`
	To       string   `placeholder:"ENDPOINT" help:"Send all to this endpoint, whichever they went to."`
	Rate     int      `placeholder:"N" help:"Deliveries a second. Default: 50."`
}

// read returns what the flags ask for.
func (f *replayFlags) read(now time.Time) (n client.NewReplay, err error) {
	n = client.NewReplay{DeliveryIDs: f.IDs, WebhookID: f.Endpoint, EventID: f.Event, TaskID: f.Task, EventType: f.Type, State: f.State, LastClass: f.Class,
		Missing: f.Missing, ToWebhookID: f.To, RatePerSecond: f.Rate}
	if n.StartDate, err = readMoment(now, "--since", f.Since); err != nil {
		return n, err
	}
	if n.EndDate, err = readMoment(now, "--until", f.Until); err != nil {
		return n, err
	}
	if f.Recover == "" {
		if len(f.IDs) == 0 && f.Endpoint+f.Task+f.Event+f.Type+f.State+f.Class+f.Since+f.Until == "" {
			return n, usageError{errors.New("say what to send again: ids of deliveries, a filter such as --state failed, or --recover ENDPOINT --since 3h")}
		}
		return n, nil
	}
	if n.StartDate.IsZero() {
		return n, usageError{errors.New("--recover needs --since: say when the outage began, such as --since 3h")}
	}
	if f.Endpoint != "" {
		return n, usageError{errors.New("--recover names the endpoint already: leave --endpoint out")}
	}
	n.WebhookID, n.Since, n.StartDate = f.Recover, n.StartDate, time.Time{}
	return n, nil
}

type replayPreviewCommand struct {
	replayFlags
	remoteFlags
}

// Run says what a replay would send.
func (cmd *replayPreviewCommand) Run(ctx context.Context, c *console) error {
	now := time.Now()
	n, err := cmd.read(now)
	if err != nil {
		return err
	}
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		p, err := r.PreviewReplay(ctx, n)
		if err != nil {
			return err
		}
		if err := r.show(p, func() *sheet { return describePreview(p) }); err != nil || r.json || len(p.Sample) == 0 {
			return err
		}
		t := &table{columns: []column{{title: "FIRST OF THEM"}, {title: "STATE", state: true}, {title: "CREATED"}, {title: "URL", elastic: true},
			{title: "EVENT", elastic: true, optional: true}, {title: "LAST ERROR", elastic: true, optional: true}}}
		for _, i := range p.Sample {
			t.add(i.DeliveryID, i.State, since(now, i.CreatedAt), i.URL, i.EventType, i.LastError)
		}
		return t.print(r.out)
	})
}

func describePreview(p client.ReplayPreview) *sheet {
	s := &sheet{}
	s.add("would send", "%s", atLeast(p.Count, p.More))
	if p.Skipped > 0 {
		s.add("passed by", "%d, owed already or to nobody any more", p.Skipped)
	}
	if p.Count > 0 {
		s.add("takes", "%s", atLeast((time.Duration(p.EstimatedSeconds)*time.Second).String(), p.More))
	}
	for _, warning := range p.Warnings {
		s.add("note", "%s", warning)
	}
	return s
}

// atLeast says of an amount that there may be more.
func atLeast(amount any, more bool) string {
	if more {
		return fmt.Sprintf("%v or more", amount)
	}
	return fmt.Sprint(amount)
}

type replayStartCommand struct {
	replayFlags
	Watch bool `aliases:"wait" help:"Follow the replay until it has made all; the exit status is 1 unless it completes."`
	remoteFlags
}

// Run starts a replay.
func (cmd *replayStartCommand) Run(ctx context.Context, c *console) error {
	n, err := cmd.read(time.Now())
	if err != nil {
		return err
	}
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		j, err := r.StartReplay(ctx, n, "")
		if err != nil {
			return err
		}
		if cmd.Watch {
			r.log.say("%s is started", j.ID)
			return r.watchReplay(ctx, j.ID)
		}
		return r.showReplay(j)
	})
}

// watchReplay follows a replay and shows it when it has ended.
func (r *remote) watchReplay(ctx context.Context, id string) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	p := &progress{to: r.log}
	var j client.Replay
	err := poll(ctx, func(ctx context.Context) (over bool, err error) {
		if j, err = r.Replay(ctx, id); err != nil {
			return false, err
		}
		if taskhook.ReplayState(j.State).Final() {
			return true, nil
		}
		part := fmt.Sprintf("%d made", j.Created)
		if j.Percent != nil {
			part = p.part(*j.Percent) + "  " + part
		}
		p.tell(j.ID+"  "+j.State+"  "+part, "", outcomes(j.Deliveries))
		return false, nil
	})
	p.end()
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("interrupted; the replay goes on, and `taskhook replay show --watch %s` follows it again", id)
	}
	if err != nil {
		return err
	}
	if err := r.showReplay(j); err != nil || j.State == string(taskhook.ReplayCompleted) {
		return err
	}
	return fmt.Errorf("%s is %s", j.ID, j.State)
}

// outcomes says what became of the deliveries of a replay.
func outcomes(o *client.ReplayOutcome) string {
	if o == nil {
		return ""
	}
	text := fmt.Sprintf("%d delivered", o.Delivered)
	for _, part := range []struct {
		n    int
		name string
	}{{o.Pending, "pending"}, {o.Failed, "failed"}, {o.Cancelled, "cancelled"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.name)
		}
	}
	return text
}
