//go:build unix

package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// gcPercent lets garbage grow to four times what lives, which is some 10 MB here,
// before it is collected: a tenth less work for 20 MB more under load
// (docs/performance.md). GOGC in the environment wins.
const gcPercent = 400

// The bounds of that: of what lives beyond plentiful the garbage is not to be a
// multiple, as with tens of thousands of tasks that wait for an upstream.
const (
	plentiful    = 32 << 20 // bytes that live
	minGCPercent = 50
)

// garbageFor returns how much garbage may be made, in percent of what lives.
func garbageFor(live uint64) int {
	return int(max(minGCPercent, min(gcPercent, gcPercent*plentiful/max(live, 1))))
}

// boundGarbage keeps to that until ctx ends.
func boundGarbage(ctx context.Context) {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for last := gcPercent; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(sample)
		if sample[0].Value.Kind() != metrics.KindUint64 {
			return // a Go that does not tell
		}
		if next := garbageFor(sample[0].Value.Uint64()); next != last {
			debug.SetGCPercent(next)
			last = next
		}
	}
}
