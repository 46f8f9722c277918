//go:build unix

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/taskhook/taskhook/client"
)

type listenCommand struct {
	Forward string   `required:"" placeholder:"URL" help:"Where to send each event: http://localhost:5000/hook."`
	Webhook string   `placeholder:"ID" help:"Endpoint as which to receive: what it wants, signed with its secret. Without it events carry no signature."`
	Types   []string `placeholder:"TYPE" help:"Only events of these types, such as task.*. Default: what the endpoint wants, or all."`
	From    string   `placeholder:"CURSOR" help:"Where to begin: now, start (all that there is), or a cursor. Default: where this command stopped the last time, or now."`
	State   string   `placeholder:"FILE" help:"File that remembers where it stopped. Default: one in the user's cache directory."`
	remoteFlags
}

// The times of listening: how long the server is asked to wait for an event, the
// receiver may take, and a receiver or server that is away is left alone.
const (
	listenWait  = 30 * time.Second
	forwardTime = 30 * time.Second
	awayPause   = 2 * time.Second
)

// Run forwards events until it is interrupted.
func (cmd *listenCommand) Run(ctx context.Context, c *console) error {
	to, err := url.Parse(cmd.Forward)
	if err != nil || to.Scheme != "http" && to.Scheme != "https" || to.Host == "" {
		return usageError{fmt.Errorf("--forward %s is not an address: write it like http://localhost:5000/hook", safe(cmd.Forward))}
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		l := &listener{remote: r, to: to.String(), query: client.FeedQuery{Types: cmd.Types, WebhookID: cmd.Webhook, Wait: listenWait},
			http: &http.Client{Timeout: forwardTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
		if l.place, err = cmd.place(c, r.server); err != nil {
			return err
		}
		err := l.run(ctx, cmd.From)
		if ctx.Err() != nil {
			return nil // as it was asked to end
		}
		return err
	})
}

// listener forwards the events of a server.
type listener struct {
	*remote
	to    string
	query client.FeedQuery
	http  *http.Client
	place *place
}

func (l *listener) run(ctx context.Context, from string) error {
	if err := l.begin(ctx, from); err != nil {
		return err
	}
	l.log.say("Forwarding events to %s; the next one follows %s. Interrupt to stop.", l.to, cmp.Or(l.query.After, "nothing"))
	for away := false; ; {
		page, err := l.Feed(ctx, l.query)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !passing(err):
			return explainExpired(err)
		case err != nil:
			if !away {
				l.log.say("The server does not answer (%v); waiting for it.", err)
			}
			away = true
			if err := pause(ctx, max(awayPause, asked(err))); err != nil {
				return nil
			}
			continue
		case away:
			away = false
			l.log.say("The server is back.")
		}
		for _, e := range page.Events {
			if err := l.forward(ctx, e); err != nil {
				return err
			}
			if err := l.place.keep(e.Cursor); err != nil || ctx.Err() != nil {
				return err
			}
		}
		if l.query.After != page.Next {
			l.query.After = page.Next
			if err := l.place.keep(page.Next); err != nil {
				return err
			}
		}
	}
}

// explainExpired says how to go on when what was missed is no longer kept.
func explainExpired(err error) error {
	e, ok := errors.AsType[*client.Error](err)
	if !ok || e.Code != "CURSOR_EXPIRED" || e.Details == nil {
		return err
	}
	return fmt.Errorf("events after the place where this stopped are no longer kept by the server, so some were missed: "+
		"go on with the oldest that are there by --from %s, or with what is yet to come by --from now", safe(e.Details.OldestCursor))
}

// begin finds out where to go on.
func (l *listener) begin(ctx context.Context, from string) error {
	switch from {
	case "":
		from = l.place.kept()
	case "start":
		return nil // the oldest that are kept
	}
	if from != "" && from != "now" {
		l.query.After = from
		return nil
	}
	q := l.query
	q.After, q.Wait, q.Limit = "now", 0, 1
	page, err := l.Feed(ctx, q)
	if err != nil {
		return err
	}
	l.query.After = page.Next
	return l.place.keep(page.Next)
}

// forward sends one event, and shows what comes back. Any answer will do; while
// nothing listens there it waits, so that the receiver can be started anew.
func (l *listener) forward(ctx context.Context, e client.FeedEvent) error {
	var head struct{ ID, Type string }
	if err := json.Unmarshal(e.Event, &head); err != nil {
		return fmt.Errorf("read event %s: %w", e.Cursor, err)
	}
	for told := false; ; {
		began := time.Now()
		status, err := l.post(ctx, e)
		switch {
		case err != nil && ctx.Err() != nil:
			return err
		case errors.Is(err, syscall.ECONNREFUSED):
			if !told {
				l.log.say("Nothing listens at %s; waiting for it.", l.to)
			}
			told = true
			if err := pause(ctx, awayPause); err != nil {
				return err
			}
			continue
		}
		return l.show(began, head.Type, head.ID, status, err)
	}
}

// post sends the event. Interrupted, it still waits a little for the answer, so that
// what has arrived is remembered.
func (l *listener) post(ctx context.Context, e client.FeedEvent) (status int, err error) {
	patient, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(awayPause, cancel) })()
	req, err := http.NewRequestWithContext(patient, http.MethodPost, l.to, bytes.NewReader(e.Event))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	for name, value := range e.Headers {
		req.Header.Set(name, value)
	}
	res, err := l.http.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

// show prints a line for an event.
func (l *listener) show(began time.Time, eventType, id string, status int, err error) error {
	took := time.Since(began).Round(time.Millisecond)
	if l.json {
		line := map[string]any{"at": began.UTC(), "event_id": id, "type": eventType, "status_code": status, "duration_ms": took.Milliseconds()}
		if err != nil {
			line["error"] = err.Error()
		}
		return writeJSON(l.out.w, line)
	}
	answer := l.out.paint(green, fmt.Sprint(status))
	switch {
	case err != nil:
		answer = l.out.paint(red, safe(err.Error()))
	case status/100 != 2:
		answer = l.out.paint(red, fmt.Sprint(status))
	}
	return l.out.print(strings.Join([]string{began.Format(time.TimeOnly), safe(id), safe(eventType), answer, took.String()}, "  ") + "\n")
}
