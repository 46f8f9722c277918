//go:build unix

package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/taskhook/taskhook/client"
)

// How often is looked again, and how many times in a row that may fail: a server
// that starts again is back within a minute.
const (
	firstWait   = time.Second
	longestWait = 5 * time.Second
	maxFailures = 12
)

// poll looks until look says that it is done, at once and then less and less
// often. Once it has worked, a server that is away for a while is waited for.
func poll(ctx context.Context, look func(context.Context) (done bool, err error)) error {
	wait, failures := firstWait, maxFailures // none is forgiven before it has worked
	for {
		done, err := look(ctx)
		if err == nil {
			failures = 0
		} else if failures++; failures > maxFailures || !passing(err) {
			return err
		}
		if done {
			return nil
		}
		if err := pause(ctx, max(wait, asked(err))); err != nil {
			return err
		}
		wait = min(wait*5/4, longestWait)
	}
}

// passing reports whether an error may be gone when it is tried again.
func passing(err error) bool {
	if bad, ok := errors.AsType[*client.Error](err); ok {
		return bad.Status >= 500 || bad.Status == http.StatusTooManyRequests
	}
	return !errors.Is(err, context.Canceled)
}

// asked returns how long the server asks to wait, within reason.
func asked(err error) time.Duration {
	if bad, ok := errors.AsType[*client.Error](err); ok {
		return min(bad.RetryAfter, time.Minute)
	}
	return 0
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
