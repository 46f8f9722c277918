package testkit

import (
	"context"
	"testing"
	"time"
)

// Until asks now and then whether something is so, and returns when it is. In between
// it leaves the processor to what is waited for. It fails the test after some minutes.
func Until(t testing.TB, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it does not come to this: %s", what)
		}
	}
}
