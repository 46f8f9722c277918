package modelhunter

import (
	"context"
	"net/http"
	"net/url"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// previewReplay answers POST /replays/preview.
func (f *Face) previewReplay(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	n, _, err := readReplay(w, r)
	if err != nil {
		return err
	}
	p, err := f.Replays.Preview(r.Context(), who, n)
	if err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, renderPreview(&p))
}

// startReplay answers POST /replays.
func (f *Face) startReplay(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	n, body, err := readReplay(w, r)
	if err != nil {
		return err
	}
	if n.IdempotencyKey, n.RequestHash, err = idempotency(r, "replays", "", body); err != nil {
		return err
	}
	j, err := f.Replays.Start(r.Context(), who, n)
	if err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusAccepted, renderReplay(j))
}

// readReplay reads what a replay is asked for with. Its members are filters as the
// lists of deliveries have them, and read like those.
func readReplay(w http.ResponseWriter, r *http.Request) (n taskhook.NewReplay, body []byte, err error) {
	if body, err = readObject(w, r); err != nil {
		return n, nil, err
	}
	texts := map[string]*string{}
	for _, name := range []string{"webhookId", "eventId", "taskId", "eventType", "state", "lastClass", "startDate", "endDate", "since", "toWebhookId"} {
		texts[name] = new(string)
	}
	var rate *int
	err = decodeObject(body, func(name string) any {
		switch name {
		case "deliveryIds":
			return &n.Choice.Deliveries
		case "missing":
			return &n.Choice.Missing
		case "ratePerSecond":
			return &rate
		}
		if text := texts[name]; text != nil {
			return text
		}
		return nil
	})
	if err != nil {
		return n, nil, err
	}
	if rate != nil {
		if n.Rate = *rate; n.Rate < 1 {
			return n, nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "ratePerSecond", "ratePerSecond must be from 1 to %d.", taskhook.MaxReplayRate)
		}
	}
	q := &query{values: url.Values{}}
	for name, text := range texts {
		q.values.Set(name, *text)
	}
	n.Choice.Filter = taskhook.DeliveryFilter{
		EndpointID: q.id("webhookId", taskhook.PrefixEndpoint),
		EventID:    q.id("eventId", taskhook.PrefixEvent),
		Subject:    q.id("taskId", taskhook.PrefixTask),
	}
	q.deliveries(&n.Choice.Filter)
	n.Choice.Since, n.TargetID = q.time("since", false), q.id("toWebhookId", taskhook.PrefixEndpoint)
	return n, body, q.err
}

// replay answers GET /replays/{replay_id}.
func (f *Face) replay(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	return f.withReplay(w, r, func(ctx context.Context, id string) (taskhook.Replay, error) {
		return f.Replays.Replay(ctx, who.AccountID, id)
	})
}

// changeReplay answers PATCH /replays/{replay_id}.
func (f *Face) changeReplay(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	body, err := readObject(w, r)
	if err != nil {
		return err
	}
	var change taskhook.ReplayChange
	err = decodeObject(body, func(name string) any {
		if name == "ratePerSecond" {
			return &change.Rate
		}
		return nil
	})
	if err != nil {
		return err
	}
	return f.withReplay(w, r, func(ctx context.Context, id string) (taskhook.Replay, error) {
		return f.Replays.Change(ctx, who.AccountID, id, change)
	})
}

// pauseReplay answers POST /replays/{replay_id}/pause.
func (f *Face) pauseReplay(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	return f.moveReplay(w, r, who, taskhook.ReplayPaused)
}

// resumeReplay answers POST /replays/{replay_id}/resume.
func (f *Face) resumeReplay(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	return f.moveReplay(w, r, who, taskhook.ReplayRunning)
}

// cancelReplay answers POST /replays/{replay_id}/cancel.
func (f *Face) cancelReplay(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	return f.moveReplay(w, r, who, taskhook.ReplayCancelled)
}

func (f *Face) moveReplay(w http.ResponseWriter, r *http.Request, who taskhook.Identity, to taskhook.ReplayState) error {
	return f.withReplay(w, r, func(ctx context.Context, id string) (taskhook.Replay, error) {
		return f.Replays.Change(ctx, who.AccountID, id, taskhook.ReplayChange{State: &to})
	})
}

// withReplay answers with what get returns for the id in the path.
func (f *Face) withReplay(w http.ResponseWriter, r *http.Request, get func(ctx context.Context, id string) (taskhook.Replay, error)) error {
	id, err := replayID(r)
	if err != nil {
		return err
	}
	j, err := get(r.Context(), id)
	if err != nil {
		return err
	}
	out := renderReplay(j)
	o := client.ReplayOutcome(j.Outcomes)
	out.Deliveries = &o
	return f.writeData(w, r, http.StatusOK, out)
}

// listReplays answers GET /replays.
func (f *Face) listReplays(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	q := queryOf(r)
	filter := taskhook.ReplayFilter{AccountID: who.AccountID, State: oneOf(q, "state", taskhook.ReplayStates()...), Page: q.page(defaultLimit, taskhook.PrefixReplay)}
	if q.err != nil {
		return q.err
	}
	list, err := f.Replays.Replays(r.Context(), filter)
	if err != nil {
		return err
	}
	return writeList(f, w, r, list, renderReplay)
}

func renderReplay(j taskhook.Replay) client.Replay {
	out := client.Replay{ID: j.ID, State: string(j.State), Reason: j.Reason, Selection: renderChoice(&j), RatePerSecond: j.Rate, Found: j.Found,
		FoundMore: j.Open, Created: j.Created, Skipped: j.Skipped, CreatedAt: milli(j.CreatedAt), FinishedAt: milli(j.FinishedAt)}
	if percent, ok := j.Percent(); ok {
		out.Percent = &percent
	}
	return out
}

// renderChoice shows what a replay was asked for with.
func renderChoice(j *taskhook.Replay) client.NewReplay {
	c, f := &j.Choice, &j.Choice.Filter
	out := client.NewReplay{DeliveryIDs: c.Deliveries, WebhookID: f.EndpointID, EventID: f.EventID, TaskID: f.Subject, EventType: f.EventType,
		State: string(f.State), LastClass: string(f.LastClass), StartDate: f.From.UTC(), EndDate: f.To.UTC(), Since: c.Since.UTC(), Missing: c.Missing,
		ToWebhookID: j.TargetID}
	if f.Failing {
		out.LastClass = string(anyFailure)
	}
	return out
}

func renderPreview(p *taskhook.ReplayPreview) client.ReplayPreview {
	return client.ReplayPreview{Count: p.Expected, More: p.Open, Skipped: p.Skipped, PurgedFiles: p.Purged, EstimatedSeconds: seconds(p.Takes),
		Warnings: append([]string{}, p.Warnings()...), Sample: rendered(p.Sample, func(i taskhook.ReplayItem) client.ReplayItem {
			return client.ReplayItem{DeliveryID: i.ID, EventID: i.EventID, EventType: i.EventType, Subject: i.Subject, State: string(i.State), URL: i.URL,
				LastError: i.LastError, CreatedAt: milli(i.CreatedAt)}
		})}
}
