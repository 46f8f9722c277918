package bench

import (
	"context"
	"time"
)

// idle starts a server on an empty directory and lets it be.
func idle(ctx context.Context, r *run) (got figures, err error) {
	at, err := r.newPlace(ctx)
	if err != nil {
		return nil, err
	}
	s, err := r.serve(ctx, at)
	if err != nil {
		return nil, err
	}
	pid := s.cmd.Process.Pid
	before, _ := cpuTime(pid)
	start := time.Now()
	pause(ctx, r.Settle)
	after, ok := cpuTime(pid)
	resident, _ := memory(pid, residentNow)
	got.addBytes("idle memory", resident, ok)
	got.addTime("start to ready", s.ready)
	if ok {
		got.add("idle CPU", "ms/s", (after-before).Seconds()*1000/time.Since(start).Seconds())
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return got, s.stop()
}
