package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// pollingFile describes the upstream, once for looks at one piece of work each and once
// for looks at many.
const pollingFile = `providers:
  many:
    <<: &api {url: "%[1]s", submit: {path: /jobs, body: '{}', handle: .id}, state: .state, states: {done: succeeded}, outputs: '{text: .text}', concurrency: %[2]d}
    poll: {path: /jobs, query: {ids: '\($handles | join(","))'}, batch: 100, item: '.[]', handle: .id, every: %[3]s}
  one:
    <<: *api
    poll: {path: '/jobs/\($handle)', every: %[3]s}
models:
  bench:
    many: {adapter: "http:many", timeout: 2h, capabilities: {caption: any}}
    one: {adapter: "http:one", timeout: 2h, capabilities: {caption: any}}
`

// every is how often work is looked at, at most.
func (r *run) every() time.Duration { return min(2*time.Second, r.calm()/5) }

// calm is how long work stays open, and over how long it ends.
func (r *run) calm() time.Duration { return 10 * max(r.Settle, 10*time.Millisecond) }

// polling has a server wait for much work at an upstream.
func polling(ctx context.Context, r *run) (got figures, err error) {
	for _, model := range []string{"many", "one"} {
		if err := r.wait(ctx, model, &got); err != nil {
			return nil, fmt.Errorf("%s: %w", model, err)
		}
	}
	return got, nil
}

// wait asks for work, waits while it stays open, and until all of it has ended and was
// told of.
func (r *run) wait(ctx context.Context, model string, got *figures) error {
	at, err := r.newPlace(ctx)
	if err != nil {
		return err
	}
	to, err := r.startReceiver(ctx)
	if err != nil {
		return err
	}
	there, err := r.start(ctx, roleUpstream, nil)
	if err != nil {
		return err
	}
	var url string
	if err := there.hear(&url); err != nil {
		return err
	}
	file := filepath.Join(r.dir, model+".yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, pollingFile, url, r.Polled, r.every()), 0o600); err != nil {
		return err
	}
	s, err := r.serve(ctx, at, "--provider", file)
	if err != nil {
		return err
	}
	if _, err := s.register(ctx, to, []string{"task.completed"}, 0); err != nil {
		return err
	}
	pid := s.cmd.Process.Pid
	pause(ctx, r.Settle)
	before, _ := memory(pid, residentNow)
	if err := r.submitted(ctx, s, model); err != nil {
		return err
	}
	if err := r.open(ctx, there, pid, before, model+": ", got); err != nil {
		return err
	}
	if _, err := to.completed(ctx, r.Polled); err != nil {
		return err
	}
	if err := r.noticed(there, pid, model+": ", got); err != nil {
		return err
	}
	if err := s.stop(); err != nil {
		return err
	}
	_, err = to.finish(r.Polled)
	_, stopped := there.stop()
	return errors.Join(err, stopped, at.verify(ctx, r.began, r.Polled, 0))
}

// submitted hands the tasks in.
func (r *run) submitted(ctx context.Context, s *server, model string) error {
	work := assignment{Servers: []string{s.url}, Header: bearer, Status: http.StatusAccepted, Requests: r.Polled,
		Calls: []call{{"/api/v1/bench/caption", fmt.Sprintf(`{"model":%q,"input":{"prompt":"a cat"}}`, model)}}}
	from, err := r.startLoader(ctx, roleGenerator, work)
	if err != nil {
		return err
	}
	_, _, err = from.run()
	return err
}

// open measures what open work costs, and then lets it end.
func (r *run) open(ctx context.Context, there *part, pid int, empty int64, who string, got *figures) error {
	var l lookedAt
	for l.Jobs < r.Polled && ctx.Err() == nil {
		pause(ctx, 50*time.Millisecond)
		if err := errors.Join(there.tell(release{Every: r.every()}), there.hear(&l)); err != nil {
			return err
		}
	}
	began := time.Now()
	used, ok := cpuTime(pid)
	pause(ctx, r.calm())
	after, _ := cpuTime(pid)
	took := time.Since(began)
	full, _ := memory(pid, residentNow)
	if err := errors.Join(ctx.Err(), there.tell(release{Over: r.calm(), Every: r.every()}), there.hear(&l)); err != nil {
		return err
	}
	got.add(who+"open tasks", "", float64(r.Polled))
	got.addBytes(who+"memory with them open", full, ok)
	if ok {
		got.add(who+"memory of a task", "KiB", float64(full-empty)/1024/float64(r.Polled))
		got.add(who+"CPU with them open", "ms/s", (after-used).Seconds()*1000/took.Seconds())
	}
	got.add(who+"calls", "1/s", perSecond(l.Calls, took))
	got.add(who+"looks", "1/s", perSecond(l.Looks, took))
	got.addTime(who+"looks late, half at most", l.Late.P50)
	got.addTime(who+"looks late, 99 % at most", l.Late.P99)
	return nil
}

// noticed measures when the end of work was seen.
func (r *run) noticed(there *part, pid int, who string, got *figures) error {
	var l lookedAt
	if err := errors.Join(there.tell(release{Every: r.every()}), there.hear(&l)); err != nil {
		return err
	}
	if l.Seen != r.Polled || l.Jobs != r.Polled {
		return fmt.Errorf("of %d tasks the upstream was asked for %d and seen to end %d", r.Polled, l.Jobs, l.Seen)
	}
	got.addTime(who+"end noticed, half within", l.Noticed.P50)
	got.addTime(who+"end noticed, 99 % within", l.Noticed.P99)
	peak, ok := memory(pid, residentPeak)
	got.addBytes(who+"peak memory", peak, ok)
	return nil
}
