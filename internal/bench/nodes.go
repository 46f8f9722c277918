package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// mostNodes is how many processes share the database at most.
const mostNodes = 3

// severalNodes publishes to one, two and three processes that share a PostgreSQL. The
// clients are as many as keep three of them busy, each time.
func severalNodes(ctx context.Context, r *run) (got figures, err error) {
	r.Connections *= mostNodes
	var duplicates int
	var alone float64 // webhooks a second
	for n := 1; n <= mostNodes; n++ {
		p, twice, err := r.together(ctx, n)
		refused, ok := errors.AsType[*startError](err)
		if n > 1 && ok {
			r.note("process %d can't join: %s", n, refused.last())
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%d processes: %w", n, err)
		}
		duplicates += twice
		who := "1 process: "
		if n > 1 {
			who = fmt.Sprintf("%d processes: ", n)
		}
		rate := perSecond(r.Publishes, p.took)
		got.add(who+"delivered", "webhooks/s", rate)
		if n == 1 {
			alone = rate
		} else {
			got.add(who+"delivered, against one", "×", rate/alone)
		}
		got.addTime(who+"answered, 99 % within", p.P99)
		got.addCost(who, r.Publishes, p)
	}
	got.add("duplicates", "webhooks", float64(duplicates))
	return got, nil
}

// together sends events through as many servers on one database, to some endpoints so
// that each server has work. It returns how many webhooks came twice, too.
func (r *run) together(ctx context.Context, n int) (p passage, duplicates int, err error) {
	at, err := r.newPlace(ctx)
	if err != nil {
		return p, 0, err
	}
	to, err := r.startReceiver(ctx)
	if err != nil {
		return p, 0, err
	}
	f := r.publishing(r.Publishes, numbered(r.some())...)
	var servers []*server
	for range n {
		own := *at
		if own.dir, err = os.MkdirTemp(r.dir, "data-"); err != nil {
			return p, 0, err
		}
		s, err := r.serve(ctx, &own)
		if err != nil {
			return p, 0, err
		}
		servers = append(servers, s)
	}
	if _, err := servers[0].register(ctx, to, f.wants, 0); err != nil {
		return p, 0, err
	}
	if p, err = r.pass(ctx, f, to, servers...); err != nil {
		return p, 0, err
	}
	for _, s := range servers {
		if err := s.stop(); err != nil {
			return p, 0, err
		}
	}
	came, _, err := to.end()
	if err == nil && came.Distinct != f.webhooks {
		err = fmt.Errorf("%d different webhooks arrived, not %d", came.Distinct, f.webhooks)
	}
	return p, came.Duplicates, errors.Join(err, at.verify(ctx, r.began, f.webhooks, 0))
}
