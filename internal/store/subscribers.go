package store

import (
	"context"
	"math/rand/v2"

	"github.com/taskhook/taskhook"
)

// subscribers are the endpoints of accounts to which events were published, kept from
// one transaction to the next. The feed's head, which each publication moves, says
// whether they still are what the database has: a number that is drawn anew with each
// change of an endpoint. It is drawn, not counted, so that one of a change that was
// undone does not come again. Only what runs commits uses it.
type subscribers struct {
	number   int64
	accounts map[string][]taskhook.Endpoint
	kept     int // endpoints
}

// maxSubscribers is how many endpoints are kept, about.
const maxSubscribers = 20_000

// changeSubscribers is for each transaction that changes an endpoint.
func changeSubscribers(ctx context.Context, t tx) error {
	return t.send(ctx, nil, `UPDATE feed_head SET subscribers = $1`, rand.Int64())
}

// forget lets go of all.
func (c *subscribers) forget() { c.accounts, c.kept = map[string][]taskhook.Endpoint{}, 0 }

// agree forgets all unless they are what the head stands for, and reports whether they
// were.
func (c *subscribers) agree(head []feedHead) bool {
	if len(head) == 0 || head[0].subscribers == c.number {
		return true
	}
	c.number = head[0].subscribers
	c.forget()
	return false
}

// missing are the accounts with events to fan out whose endpoints are not here.
func (c *subscribers) missing(batch []*publication) (accounts []string) {
	asked := map[string]bool{}
	for _, p := range batch {
		for _, e := range p.Events {
			account := e.Event.AccountID
			if _, ok := c.accounts[account]; ok || asked[account] || !e.FanOut {
				continue
			}
			asked[account] = true
			accounts = append(accounts, account)
		}
	}
	return accounts
}

// read asks for the endpoints of accounts.
func (c *subscribers) read(ctx context.Context, t tx, accounts []string, head *[]feedHead) error {
	found := make([][]taskhook.Endpoint, len(accounts))
	for i, account := range accounts {
		if err := t.send(ctx, into(&found[i], scanSubscriber), `SELECT id, url, events, schedule, lane, state
			FROM endpoints WHERE account = $1 AND deleted_at IS NULL ORDER BY id`, account); err != nil {
			return err
		}
	}
	if err := t.flush(ctx); err != nil {
		return err
	}
	c.agree(*head)
	for i, account := range accounts {
		c.accounts[account] = found[i]
		c.kept += len(found[i])
	}
	return nil
}

// fanOut adds to publications a delivery for each endpoint that wants an event, and
// reads the lanes of all deliveries. In most cases that is one round trip, with which
// the head comes: only then it is known whether the endpoints were those of now.
func (s *Store) fanOut(ctx context.Context, t tx, batch []*publication, head *[]feedHead) (map[string]*laneRow, error) {
	c := &s.subscribers
	if c.kept > maxSubscribers {
		c.forget()
	}
	for {
		for accounts := c.missing(batch); len(accounts) > 0; accounts = c.missing(batch) {
			if err := c.read(ctx, t, accounts, head); err != nil {
				return nil, err
			}
		}
		for _, p := range batch {
			p.Deliveries = p.Deliveries[:p.given]
			p.fanOut(c.accounts)
		}
		lanes, err := askLanes(ctx, t, batch)
		if err != nil {
			return nil, err
		}
		if err := t.flush(ctx); err != nil {
			return nil, err
		}
		if c.agree(*head) {
			return lanes.answered(ctx, t)
		}
	}
}

// fanOut adds a delivery for each endpoint that wants an event.
func (p *publication) fanOut(endpoints map[string][]taskhook.Endpoint) {
	for _, e := range p.Events {
		if !e.FanOut {
			continue
		}
		all := endpoints[e.Event.AccountID]
		for i := range all {
			to := &all[i]
			switch {
			case !to.Wants(e.Event.Type), to.ID == e.Event.Subject: // nobody is told about itself
				continue
			case taskhook.Transient(e.Event.Type) && to.State != taskhook.EndpointActive: // it would be old when that is
				continue
			}
			schedule := to.Schedule
			if schedule == nil {
				schedule = e.Schedule
			}
			p.Deliveries = append(p.Deliveries, taskhook.NewDelivery(&e.Event, to, schedule, p.now))
		}
	}
}
