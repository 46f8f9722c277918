package upstream_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/provider/providertest"
	"github.com/taskhook/taskhook/internal/provider/upstream"
)

// TestNotAskedWithoutANote: the sink hears of it first, and may forbid it.
func TestNotAskedWithoutANote(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{submit: taken, poll: doneAt(1, `["/a.png"]`), file: picture}
		adapter, forbidden := a.adapter(t), errors.New("the run is another's")
		err := adapter.Run(t.Context(), request(), &providertest.Recorder{OnAsking: func() error { return forbidden }})
		if !errors.Is(err, forbidden) || a.submitted != 0 {
			t.Errorf("asked %d times: %v", a.submitted, err)
		}
		noted := -1
		err = adapter.Run(t.Context(), request(), &providertest.Recorder{OnAsking: func() error {
			noted = a.submitted
			return nil
		}})
		if err != nil || noted != 0 || a.submitted != 1 {
			t.Errorf("noted after %d of %d calls: %v", noted, a.submitted, err)
		}
	})
}

// TestWaitsForTheRate: a turn that comes late is no failure, and nothing of the time of
// a call; one that comes too late for the run is as if the vendor was busy.
func TestWaitsForTheRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{submit: taken, poll: doneAt(1, `["/a.png"]`), file: picture}
		adapter := a.adapter(t, func(d *upstream.Definition) { d.Rate, d.Timeout = 0.01, time.Second })
		for range 2 {
			if err := adapter.Run(t.Context(), request(), &providertest.Recorder{}); err != nil {
				t.Error(err)
			}
		}
		equal(t, "submissions", a.submitted, 2)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		noted := false
		err := adapter.Run(ctx, request(), &providertest.Recorder{OnAsking: func() error {
			noted = true
			return nil
		}})
		if _, busy := errors.AsType[*provider.Refused](err); !busy || noted {
			t.Errorf("noted %t: %v", noted, err)
		}
	})
}

// TestRateOutlivesAReload: who goes on by a former description, and who begins by a new
// one, share the limit of their key, which is that of the new one.
func TestRateOutlivesAReload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{submit: taken, poll: doneAt(1, `["/a.png"]`), file: picture}
		memory := upstream.NewMemory()
		load := func(rate float64) *upstream.Adapter {
			d := upstream.Definition{URL: "https://api.test/v1", Secrets: map[string]string{"token": "TOKEN"}, State: ".status", States: map[string]string{"done": "succeeded"},
				Outputs: ".files[]", Rate: rate, Poll: &upstream.Poll{Call: upstream.Call{Path: "/jobs/x"}}}
			d.Submit.Path, d.Submit.Handle = "/jobs", ".id"
			adapter, err := upstream.New("test", d, upstream.Options{API: client(a), Fetch: client(a), Memory: memory, Accounts: upstream.NewAccounts(),
				Secret: func(name string) (string, error) { return name, nil }})
			if err != nil {
				t.Fatal(err)
			}
			return adapter
		}
		before, after := load(0.1), load(0.01)
		began := time.Now()
		for _, adapter := range []*upstream.Adapter{before, after, before} { // two limited calls each
			if err := adapter.Run(t.Context(), request(), &providertest.Recorder{}); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); took < 400*time.Second || took > 500*time.Second { // 10 s for the second, 100 s for each of the next four
			t.Errorf("it took %s", took)
		}
	})
}
