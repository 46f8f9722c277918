package app

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// timesEvery is how often it is noted how long work at upstreams takes.
const timesEvery = time.Minute

// timesFile has how long work takes, so that a restart need not learn it anew. It may be
// lost without harm.
func (a *App) timesFile() string { return filepath.Join(a.Config.Data, "taskhook.times") }

// recallTimes reads what was noted by the process before.
func (a *App) recallTimes() {
	text, err := os.ReadFile(a.timesFile())
	if err != nil {
		return // nothing was noted
	}
	var times map[string]time.Duration
	if err := json.Unmarshal(text, &times); err != nil {
		a.Logger.Warn("read how long work takes", "error", err)
		return
	}
	a.upstreams.Memory.Recall(times)
}

// noteTimes notes it now and then, and at the end.
func (a *App) noteTimes(ctx context.Context) error {
	tick := time.NewTicker(timesEvery)
	defer tick.Stop()
	var last string
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
		text, err := json.Marshal(a.upstreams.Memory.Times())
		if err == nil && len(text) > len("{}") && string(text) != last {
			last = string(text)
			err = os.WriteFile(a.timesFile(), text, 0o600)
		}
		if err != nil {
			a.Logger.Warn("note how long work takes", "error", err)
		}
	}
	return nil
}
