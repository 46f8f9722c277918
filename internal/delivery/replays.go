package delivery

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// ReplayStore is what Replays asks of jobs. CreateReplay and ChangeReplay are
// durable on return.
type ReplayStore interface {
	PlanReplay(ctx context.Context, j *taskhook.Replay) (taskhook.ReplayPreview, error)
	CreateReplay(ctx context.Context, j taskhook.Replay, key *taskhook.Idempotency) (id string, err error)
	Replay(ctx context.Context, account, id string) (taskhook.Replay, error)
	Replays(ctx context.Context, f taskhook.ReplayFilter) (taskhook.List[taskhook.Replay], error)
	ChangeReplay(ctx context.Context, now time.Time, account, id string, change func(*taskhook.Replay) error) (taskhook.Replay, error)
}

// ReplayReceivers finds endpoints.
type ReplayReceivers interface {
	Endpoint(ctx context.Context, account, id string) (taskhook.Endpoint, error)
}

// ReplaysOptions make a Replays.
type ReplaysOptions struct {
	Store           ReplayStore
	Receivers       ReplayReceivers
	Started         func()           // a replay was started or changed
	Now             func() time.Time // the time that all nodes go by; nil: time.Now
	IdempotencyLife time.Duration    // how long a key stands for its replay; 0: two days
}

// Replays decides about the sending again of many deliveries; the Replayer does
// it.
type Replays struct{ ReplaysOptions }

// NewReplays returns a Replays.
func NewReplays(o ReplaysOptions) *Replays {
	o.IdempotencyLife = cmp.Or(o.IdempotencyLife, 48*time.Hour)
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Replays{o}
}

// Preview says what a replay would do.
func (s *Replays) Preview(ctx context.Context, who taskhook.Identity, n taskhook.NewReplay) (taskhook.ReplayPreview, error) {
	_, p, err := s.plan(ctx, who, n, s.Now())
	return p, err
}

// Start begins a replay, which then goes on by itself. It is durable on return.
func (s *Replays) Start(ctx context.Context, who taskhook.Identity, n taskhook.NewReplay) (taskhook.Replay, error) {
	now := s.Now()
	j, _, err := s.plan(ctx, who, n, now)
	if err != nil {
		return j, err
	}
	var key *taskhook.Idempotency
	if n.IdempotencyKey != "" {
		sum := sha256.Sum256([]byte(who.AccountID + "\n" + n.IdempotencyKey))
		key = &taskhook.Idempotency{Hash: hex.EncodeToString(sum[:]), Request: n.RequestHash, Expires: now.Add(s.IdempotencyLife)}
	}
	id, err := s.Store.CreateReplay(ctx, j, key)
	if err != nil {
		return j, err
	}
	s.Started()
	return s.Store.Replay(ctx, who.AccountID, id)
}

// plan checks what is asked for and looks at what that would be.
func (s *Replays) plan(ctx context.Context, who taskhook.Identity, n taskhook.NewReplay, now time.Time) (j taskhook.Replay, p taskhook.ReplayPreview, err error) {
	j = taskhook.Replay{ID: taskhook.NewID(taskhook.PrefixReplay, now), AccountID: who.AccountID, KeyID: who.KeyID, Choice: n.Choice, TargetID: n.TargetID,
		Rate: cmp.Or(n.Rate, taskhook.DefaultReplayRate), State: taskhook.ReplayRunning, CreatedAt: now}
	if err := checkReplayRate(j.Rate); err != nil {
		return j, p, err
	}
	if err := checkChoice(&j, now); err != nil {
		return j, p, err
	}
	for _, id := range []string{j.Choice.Filter.EndpointID, j.TargetID} {
		if id == "" {
			continue
		}
		if _, err := find(ctx, s.Receivers.Endpoint, noEndpoint, who.AccountID, id); err != nil {
			return j, p, err
		}
	}
	if p, err = s.Store.PlanReplay(ctx, &j); err != nil {
		return j, p, err
	}
	p.Takes = time.Duration(p.Expected) * time.Second / time.Duration(j.Rate)
	return j, p, nil
}

func checkReplayRate(rate int) error {
	if rate < 1 || rate > taskhook.MaxReplayRate {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "ratePerSecond", "ratePerSecond must be from 1 to %d.", taskhook.MaxReplayRate)
	}
	return nil
}

// checkChoice says what is wrong with a choice, and puts its deliveries in order.
func checkChoice(j *taskhook.Replay, now time.Time) error {
	c := &j.Choice
	c.Filter.Page, c.Filter.AccountID = taskhook.Page{}, ""
	switch filtered := c.Filter != (taskhook.DeliveryFilter{}); {
	case c.Deliveries != nil && (filtered || !c.Since.IsZero()):
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "deliveryIds", "Choose deliveries by deliveryIds or by a filter, not by both.")
	case c.Deliveries != nil:
		return checkChosen(c)
	case !c.Since.IsZero():
		return checkSince(j, now)
	case c.Missing:
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "missing", "missing goes with since, which recovers a webhook.")
	case c.Filter.State == taskhook.DeliveryPending:
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "state", "What is pending is owed already; send again what has ended.")
	case !filtered:
		return taskhook.Errorf(taskhook.CodeMissing, "Say what to send again: deliveryIds, a filter such as state, or webhookId with since.")
	}
	return nil
}

func checkChosen(c *taskhook.ReplayChoice) error {
	slices.Sort(c.Deliveries)
	c.Deliveries = slices.Compact(c.Deliveries)
	if n := len(c.Deliveries); n == 0 || n > taskhook.MaxReplayed {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "deliveryIds", "deliveryIds must have 1 to %d entries; a filter takes any number.", taskhook.MaxReplayed)
	}
	for _, id := range c.Deliveries {
		if err := noDelivery(id); err != nil {
			return err
		}
	}
	return nil
}

func checkSince(j *taskhook.Replay, now time.Time) error {
	rest := j.Choice.Filter
	rest.EndpointID, rest.EventType, rest.To = "", "", time.Time{}
	switch {
	case j.Choice.Filter.EndpointID == "":
		return taskhook.FieldErrorf(taskhook.CodeMissing, "webhookId", "since recovers one webhook: say which by webhookId.")
	case rest != taskhook.DeliveryFilter{} || j.TargetID != "":
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "since", "since sends a webhook all that it has not got; besides webhookId only eventType and endDate go with it.")
	case !j.Choice.Since.Before(now):
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "since", "since must be in the past.")
	}
	return nil
}

// Replay returns a replay of the account.
func (s *Replays) Replay(ctx context.Context, account, id string) (taskhook.Replay, error) {
	return find(ctx, s.Store.Replay, noReplay, account, id)
}

// noReplay returns an error for what is no id of a replay.
func noReplay(id string) error {
	if taskhook.HasIDForm(taskhook.PrefixReplay, id) {
		return nil
	}
	return taskhook.Errorf(taskhook.CodeNotFound, "There is no replay %.80q in this account.", id)
}

// Replays lists replays, newest first.
func (s *Replays) Replays(ctx context.Context, f taskhook.ReplayFilter) (taskhook.List[taskhook.Replay], error) {
	return s.Store.Replays(ctx, f)
}

// Change pauses, resumes or cancels a replay, or changes its rate. To ask for the
// state that it is in changes nothing.
func (s *Replays) Change(ctx context.Context, account, id string, c taskhook.ReplayChange) (taskhook.Replay, error) {
	if _, err := s.Replay(ctx, account, id); err != nil {
		return taskhook.Replay{}, err
	}
	if c.Rate != nil {
		if err := checkReplayRate(*c.Rate); err != nil {
			return taskhook.Replay{}, err
		}
	}
	_, err := s.Store.ChangeReplay(ctx, s.Now(), account, id, func(j *taskhook.Replay) error {
		if j.State.Final() && (c.State == nil || *c.State != j.State) {
			return taskhook.Errorf(taskhook.CodeConflict, "The replay is already %s.", j.State)
		}
		if c.Rate != nil {
			j.Rate = *c.Rate
		}
		if c.State != nil && j.State.CanBecome(*c.State) {
			j.State = *c.State
		}
		return nil
	})
	if err != nil {
		return taskhook.Replay{}, err
	}
	s.Started()
	return s.Store.Replay(ctx, account, id)
}
