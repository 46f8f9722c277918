package bench

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/taskhook/taskhook/client"
)

// flow is a load on a server and what is to come of it.
type flow struct {
	wants    []string // the event types that endpoints are registered for, one each
	hang     int      // how many of these never answer, from the first on
	work     assignment
	webhooks int      // that arrive because of it,
	owed     int      // that don't
	extra    []string // arguments of the server
}

// publishing is a flow of events, whose types are taken in turn.
func (r *run) publishing(n int, types ...string) flow {
	f := flow{wants: types, webhooks: n, work: assignment{Header: bearer, Status: http.StatusAccepted, Requests: n}}
	for _, kind := range types {
		f.work.Calls = append(f.work.Calls, call{"/api/v1/events", body(kind, r.BodyBytes)})
	}
	return f
}

// bearer is how all APIs but two take the key.
const bearer = "Authorization: Bearer " + key + "\r\n"

// passage is how many webhooks came through, and at what cost.
type passage struct {
	outcome
	arrived          quantiles
	took             time.Duration // from the first request to the last arrival
	loader, receiver time.Duration // CPU

	ready      time.Duration // from the start of the server
	metered    bool          // the system tells what follows
	server     time.Duration // CPU of the taskhook process alone
	idle, peak int64         // its resident memory
	shared     bool          // the CPU of PostgreSQL is known
	postgres   time.Duration // it
}

// yardstick lets the raw sender post as many bodies of events straight to a receiver.
func (r *run) yardstick(ctx context.Context, n int) (p passage, err error) {
	to, err := r.startReceiver(ctx)
	if err != nil {
		return p, err
	}
	from, err := r.startLoader(ctx, roleSender, assignment{Servers: []string{to.url}, Status: http.StatusOK, Requests: n,
		Calls: []call{{"/webhook", body(eventType, r.BodyBytes)}}})
	if err != nil {
		return p, err
	}
	if p.outcome, p.loader, err = from.run(); err != nil {
		return p, err
	}
	got, err := to.completed(ctx, n)
	if err != nil {
		return p, err
	}
	p.took = got.LastAt.Sub(p.StartedAt)
	p.receiver, err = to.finish(n)
	return p, err
}

// through sends a flow through a new server on an empty database.
func (r *run) through(ctx context.Context, plan func(to *receiver) flow) (p passage, err error) {
	s, err := r.stage(ctx, plan)
	if err != nil {
		return p, err
	}
	pause(ctx, r.Settle)
	if p, err = r.pass(ctx, s.flow, s.to, s.server); err != nil {
		return p, err
	}
	return p, s.close(ctx, &p)
}

// stage is a new server on an empty database, with the endpoints of a flow.
type stage struct {
	*run
	flow   flow
	at     *place
	to     *receiver
	server *server
}

func (r *run) stage(ctx context.Context, plan func(to *receiver) flow) (*stage, error) {
	at, err := r.newPlace(ctx)
	if err != nil {
		return nil, err
	}
	to, err := r.startReceiver(ctx)
	if err != nil {
		return nil, err
	}
	f := plan(to)
	s, err := r.serve(ctx, at, f.extra...)
	if err != nil {
		return nil, err
	}
	_, err = s.register(ctx, to, f.wants, f.hang)
	return &stage{r, f, at, to, s}, err
}

// close stops the server and checks that what was to arrive did.
func (s *stage) close(ctx context.Context, p *passage) (err error) {
	if s.flow.hang > 0 { // a stop waits for those that hang, whom the end of the receiver sets free
		if p.receiver, err = s.to.finish(s.flow.webhooks); err == nil {
			err = s.server.stop()
		}
	} else if err = s.server.stop(); err == nil { // after which no duplicate can come
		p.receiver, err = s.to.finish(s.flow.webhooks)
	}
	if err != nil {
		return err
	}
	return s.at.verify(ctx, s.began, s.flow.webhooks, s.flow.owed)
}

// pass sends a flow through a server, or through several that share a database.
func (r *run) pass(ctx context.Context, f flow, to *receiver, servers ...*server) (p passage, err error) {
	from, err := r.aim(ctx, f, servers)
	if err != nil {
		return p, err
	}
	return r.shoot(ctx, from, f, to, servers)
}

// aim starts the generator of a flow.
func (r *run) aim(ctx context.Context, f flow, servers []*server) (*loader, error) {
	for _, s := range servers {
		f.work.Servers = append(f.work.Servers, s.url)
	}
	return r.startLoader(ctx, roleGenerator, f.work)
}

// shoot gives the generator the word. Several may have it at once.
func (r *run) shoot(ctx context.Context, from *loader, f flow, to *receiver, servers []*server) (p passage, err error) {
	for _, s := range servers {
		p.ready = max(p.ready, s.ready)
	}
	p.idle, _ = sum(servers, resident(residentNow))
	before, _ := sum(servers, spent)
	databaseBefore, _ := r.cpu()
	if p.outcome, p.loader, err = from.run(); err != nil {
		return p, err
	}
	got, err := to.completed(ctx, f.webhooks)
	if err != nil {
		return p, err
	}
	after, metered := sum(servers, spent)
	databaseAfter, shared := r.cpu()
	p.metered, p.server, p.took, p.arrived = metered, time.Duration(after-before), got.LastAt.Sub(p.StartedAt), got.quantiles
	p.shared, p.postgres = shared, databaseAfter-databaseBefore
	p.peak, _ = sum(servers, resident(residentPeak))
	return p, nil
}

// sum adds up what the system tells of servers.
func sum(servers []*server, of func(pid int) (int64, bool)) (all int64, ok bool) {
	for _, s := range servers {
		one, known := of(s.cmd.Process.Pid)
		if !known {
			return 0, false
		}
		all += one
	}
	return all, true
}

func spent(pid int) (int64, bool) {
	used, ok := cpuTime(pid)
	return int64(used), ok
}

func resident(which string) func(int) (int64, bool) {
	return func(pid int) (int64, bool) { return memory(pid, which) }
}

// register registers the receiver for each of the types; the first ones hang.
func (s *server) register(ctx context.Context, to *receiver, wants []string, hang int) (made []client.Webhook, err error) {
	for i, kind := range wants {
		url := to.hook(i)
		if i < hang {
			url = to.url + hangs + kind
		}
		w, err := s.api.CreateWebhook(ctx, client.NewWebhook{URL: url, Events: []string{kind}})
		if err != nil {
			return nil, err
		}
		made = append(made, w)
	}
	return made, nil
}

// numbered are as many event types.
func numbered(n int) []string {
	types := make([]string, n)
	for i := range types {
		types[i] = typeOf(i)
	}
	return types
}

// same is one event type that many endpoints want.
func same(n int) []string { return slices.Repeat([]string{eventType}, n) }
