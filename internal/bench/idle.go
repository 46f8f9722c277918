package bench

import (
	"context"
	"time"
)

// idle starts a server on an empty directory and lets it be.
func idle(ctx context.Context, r *run) (got figures, err error) {
	s, err := r.serve(ctx)
	if err != nil {
		return nil, err
	}
	pid := s.cmd.Process.Pid
	got.addTime("start to ready", s.ready)
	before, _ := cpuTime(pid)
	start := time.Now()
	pause(ctx, r.Settle)
	after, ok := cpuTime(pid)
	resident, _ := memory(pid, residentNow)
	got.addBytes("idle memory", resident, ok)
	if ok {
		got.add("idle CPU", "ms/s", (after-before).Seconds()*1000/time.Since(start).Seconds())
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return got, s.stop()
}
