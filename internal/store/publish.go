package store

import (
	"context"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// publication is a taskhook.Publication on its way through a commit.
type publication struct {
	*taskhook.Publication
	now     time.Time
	given   int        // deliveries that came with it
	refused []*laneRow // lanes of this node whose memory had no room for one of them
	wake    bool       // a lane that nobody owns has become due
}

// Publish makes events and deliveries durable together. Deliveries of lanes that
// this node owns go straight to its Inbox. An event or delivery that was published
// before, perhaps by a call that ended in an error, is a conflict.
func (s *Store) Publish(ctx context.Context, now time.Time, p *taskhook.Publication) error {
	return s.writes.do(ctx, s.kinds.publish, s.newPublication(now, p))
}

func (s *Store) newPublication(now time.Time, p *taskhook.Publication) *publication {
	return &publication{Publication: p, now: now, given: len(p.Deliveries)}
}

func (s *Store) publishKind() *kind {
	return &kind{
		name: "publish",
		apply: func(ctx context.Context, t tx, items []*write) error {
			batch, err := s.admit(ctx, t, items)
			if err != nil {
				return err
			}
			return s.publish(ctx, t, batch)
		},
		explain: func(err error) error {
			if isUnique(err) {
				return &taskhook.Error{Code: taskhook.CodeConflict, Message: "This was published already.", Err: err}
			}
			return err
		},
		committed: func(items []*write) {
			for _, w := range items {
				s.pushed(w.item.(*publication))
			}
		},
		undone: func(items []*write, inDoubt bool) {
			for _, w := range items {
				s.cancelled(w.item.(*publication), inDoubt)
			}
		},
	}
}

// admit returns the publications whose accounts have room for what they are owed
// because of them. What is published by request of a person or by a task that was
// accepted is owed whatever the backlog is.
func (s *Store) admit(ctx context.Context, t tx, items []*write) (batch []*publication, err error) {
	for _, w := range items {
		p := w.item.(*publication)
		if len(p.Events) > 0 && p.Events[0].FanOut {
			w.err = s.backlog.check(ctx, t, p.Events[0].Event.AccountID, p.now)
		}
		switch taskhook.ErrorCode(w.err) {
		case "":
			batch = append(batch, p)
		case taskhook.CodeRateLimited:
		default:
			return nil, w.err
		}
	}
	return batch, nil
}

// pushed hands what a commit made durable to the lanes.
func (s *Store) pushed(p *publication) {
	inbox := s.member.get().inbox
	fresh := p.Deliveries[:0:0]
	for _, d := range p.Deliveries {
		if d.Epoch != 0 {
			fresh = append(fresh, d)
		}
	}
	if len(fresh) > 0 {
		inbox.Push(fresh)
	}
	for _, lane := range p.refused {
		inbox.Wake(lane.id, false)
	}
	if p.wake {
		inbox.Wake("", false)
	}
	for i := 0; p.Rouse && i < p.given; i++ {
		inbox.Refresh(p.Deliveries[i].LaneID, false)
	}
}

// cancelled gives back the room that a failed commit had reserved, and leaves
// the publication as it was given, so that it can be tried again. What is in doubt
// is looked for.
func (s *Store) cancelled(p *publication, inDoubt bool) {
	inbox := s.member.get().inbox
	for i := range p.Deliveries {
		if d := &p.Deliveries[i]; d.Epoch != 0 {
			inbox.Cancel(d.LaneID, d.Epoch, len(d.Body))
			if inDoubt {
				inbox.Wake(d.LaneID, true)
			}
			d.Epoch = 0
		}
	}
	for i := 0; inDoubt && i < len(p.refused); i++ {
		inbox.Wake(p.refused[i].id, true)
	}
	if p.wake && inDoubt {
		inbox.Wake("", true)
	}
	p.Deliveries, p.refused, p.wake = p.Deliveries[:p.given], nil, false
}

// known reports whether the publication's events are there already.
func (p *publication) known(ctx context.Context, t tx) (bool, error) {
	for i := range p.Events {
		_, ok, err := first(ctx, t, scanInto[int64], `SELECT seq FROM events WHERE id = $1`, p.Events[i].Event.ID)
		if err != nil || !ok {
			return false, err
		}
	}
	return len(p.Events) > 0, nil
}

// publish is the part of a transaction that publishes.
func (s *Store) publish(ctx context.Context, t tx, batch []*publication) error {
	events := eventsOf(batch)
	head, err := moveHead(ctx, t, len(events))
	if err != nil {
		return err
	}
	lanes, err := s.fanOut(ctx, t, batch, head)
	if err != nil {
		return err
	}
	if err := insertEvents(ctx, t, head, events); err != nil {
		return err
	}
	for _, p := range batch {
		if len(p.Deliveries) > 0 {
			s.backlog.note(p.Deliveries[0].AccountID, len(p.Deliveries))
		}
		s.claimFresh(p, lanes)
	}
	if err := insertDeliveries(ctx, t, batch); err != nil {
		return err
	}
	for _, p := range batch {
		for i := 0; p.Rouse && i < p.given; i++ {
			if err := s.rouse(ctx, t, p.Deliveries[i].LaneID); err != nil {
				return err
			}
		}
	}
	if err := wakeLanes(ctx, t, lanes); err != nil {
		return err
	}
	return s.markForeign(ctx, t, lanes)
}

func eventsOf(batch []*publication) (events []*taskhook.Event) {
	for _, p := range batch {
		for i := range p.Events {
			events = append(events, &p.Events[i].Event)
		}
	}
	return events
}

// feedHead is the end of the feed.
type feedHead struct {
	seq         int64 // of the last event
	subscribers int64 // see subscribers
}

func scanFeedHead(r scanner) (h feedHead, err error) {
	err = r.Scan(&h.seq, &h.subscribers)
	return h, err
}

// moveHead takes n places of the feed; the last one is there with the next answers.
func moveHead(ctx context.Context, t tx, n int) (head *[]feedHead, err error) {
	head = new([]feedHead)
	if n > 0 {
		err = t.send(ctx, into(head, scanFeedHead), `UPDATE feed_head SET seq = seq + $1 RETURNING seq, subscribers`, n)
	}
	return head, err
}

// insertEvents gives the events their places, the last ones up to head, and writes
// them.
func insertEvents(ctx context.Context, t tx, head *[]feedHead, events []*taskhook.Event) error {
	args := make([]any, 0, len(events)*len(bulkColumns[eventRows]))
	for i, e := range events {
		e.Seq = (*head)[0].seq - int64(len(events)-1-i)
		args = append(args, e.Seq, e.ID, e.AccountID, e.Type, e.Subject, e.Body, ms(e.CreatedAt), flag(e.Test))
	}
	t.note(taskhook.KindEvents, eventAmount(events))
	return t.many(ctx, nil, eventRows, args)
}

func eventAmount(events []*taskhook.Event) (a taskhook.Amount) {
	for _, e := range events {
		a = a.Add(taskhook.Amount{Rows: 1, Bytes: eventCost + int64(len(e.Body))})
	}
	return a
}

// claimFresh claims what this node owns the lane of and has room for in its memory.
func (s *Store) claimFresh(p *publication, lanes map[string]*laneRow) {
	me := s.member.get()
	for i := range p.Deliveries {
		d := &p.Deliveries[i]
		lane := lanes[d.LaneID]
		lane.dueBy(ms(d.DueAt))
		d.Held = lane.held
		switch {
		case lane.held:
		case lane.owner == "":
			p.wake = true
		case lane.owner != me.node:
		case me.inbox.Reserve(lane.id, lane.epoch, len(d.Body)):
			d.Epoch = lane.epoch
		default:
			p.refused = append(p.refused, lane)
		}
	}
}

func insertDeliveries(ctx context.Context, t tx, batch []*publication) error {
	var args []any
	var bytes int64
	for _, p := range batch {
		args = slices.Grow(args, len(p.Deliveries)*len(bulkColumns[deliveryRows]))
		for i := range p.Deliveries {
			d := &p.Deliveries[i]
			var url string
			var body any // NULL: the event's
			if d.PerJob() {
				url, body = d.URL, d.Body
				bytes += int64(len(d.Body))
			}
			bytes += deliveryCost
			args = append(args, d.ID, d.AccountID, d.EventID, d.EventType, d.Subject, d.EndpointID, d.LaneID, url, body,
				string(d.State), d.Epoch, d.Schedule.String(), flag(d.Test), d.ReplayOf, d.ReplayID, ms(d.DueAt), ms(d.CreatedAt))
		}
	}
	t.note(taskhook.KindEvents, taskhook.Amount{Bytes: bytes})
	return t.many(ctx, nil, deliveryRows, args)
}
