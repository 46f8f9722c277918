package app

import (
	"context"
	"time"
)

// eldestLook is how often a node looks whether it is the eldest.
const eldestLook = 2 * time.Second

// byOne returns a loop that goes on in one of the nodes that share the database, the
// eldest. What it does twice does no harm, but costs twice.
func (a *App) byOne(loop func(context.Context) error) func(context.Context) error {
	if !a.store.Shared() {
		return loop
	}
	return func(ctx context.Context) error {
		tick := time.NewTicker(eldestLook)
		defer tick.Stop()
		for ctx.Err() == nil {
			if a.isEldest(ctx) {
				if err := a.whileEldest(ctx, tick, loop); err != nil {
					return err
				}
				continue
			}
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
		return nil
	}
}

// whileEldest runs the loop until another node is the eldest.
func (a *App) whileEldest(ctx context.Context, tick *time.Ticker, loop func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- loop(ctx) }()
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			if !a.isEldest(ctx) {
				stop()
			}
		}
	}
}

// isEldest is false when that is not known.
func (a *App) isEldest(ctx context.Context) bool {
	eldest, err := a.store.Eldest(ctx)
	if err != nil && ctx.Err() == nil {
		a.Logger.Warn("look for the eldest node", "error", err)
	}
	return eldest
}
