package upstream_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/provider/providertest"
	"github.com/taskhook/taskhook/internal/provider/upstream"
)

// brokenOff is the rest of an answer that never comes.
type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// stalling is a transport that never answers the first looks.
type stalling struct {
	*api
	looks int
}

func (s *stalling) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.looks > 0 && r.Method == http.MethodGet {
		s.looks--
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return s.api.RoundTrip(r)
}

// Looks that are never answered are given up, and made again.
func TestStalledLooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{submit: taken, poll: doneAt(1, `["/1.png"]`), file: picture}
		began := time.Now()
		if err := a.over(t, &stalling{a, 2}).Run(t.Context(), request(), &providertest.Recorder{}); err != nil {
			t.Error(err)
		}
		equal(t, "submissions", a.submitted, 1)
		if took := time.Since(began); took > 5*time.Minute {
			t.Errorf("it took %s of fake time", took)
		}
	})
}

// A link that has expired is asked for anew: the run is taken up by its handle.
func TestExpiredLinkIsRenewed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{submit: taken, file: func(link string) *http.Response {
			if strings.HasSuffix(link, "old.png") {
				return reply(http.StatusForbidden, "")
			}
			return picture("")
		}}
		a.poll = func(n int) *http.Response {
			return doneAt(1, map[bool]string{true: `["https://cdn.test/old.png"]`, false: `["https://cdn.test/new.png"]`}[n == 1])(1)
		}
		adapter, r := a.adapter(t), request()
		err := adapter.Run(t.Context(), r, &providertest.Recorder{})
		if err == nil || provider.IsPermanent(err) || provider.Untaken(err) {
			t.Fatalf("got %v", err)
		}
		var sink providertest.Recorder
		r.Handle = "job/1"
		if err := adapter.Run(t.Context(), r, &sink); err != nil {
			t.Error(err)
		}
		equal(t, "outputs", len(sink.Outputs()), 1)
		equal(t, "submissions", a.submitted, 1)
	})
}

// Work that an API without handles has done is not asked for again because its result
// can't be kept, unless that costs nothing.
func TestResultIsLostAfterAnAnswer(t *testing.T) {
	t.Parallel()
	for _, repeatable := range []bool{false, true} {
		for name, cause := range map[string]error{"no link": nil, "disk full": errors.New("the disk is full"), "stop": context.Canceled} {
			synctest.Test(t, func(t *testing.T) {
				a := &api{submit: func(int) *http.Response { return reply(200, `{"files":["https://cdn.test/1.png"]}`) }, file: picture}
				if cause == nil {
					a.file = func(string) *http.Response { return reply(http.StatusNotFound, "") }
				}
				adapter := a.adapter(t, func(d *upstream.Definition) {
					d.Poll, d.State, d.Submit.Handle, d.Submit.Repeatable = nil, "", "", repeatable
				})
				sink := providertest.Recorder{OnOutput: func() error { return cause }}
				err := adapter.Run(t.Context(), request(), &sink)
				equal(t, name+": final", provider.IsPermanent(err), !repeatable)
				equal(t, name+": another vendor may be asked", provider.Untaken(err), false)
			})
		}
	}
}

// What is told of refusals, which let another vendor be asked.
func TestUntaken(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{400: true, 401: true, 402: true, 404: true, 422: true, 429: true, 503: true, 408: false, 500: false, 502: false, 302: false} {
		a := &api{submit: func(int) *http.Response { return reply(status, "{}") }}
		err := a.adapter(t).Run(t.Context(), request(), &providertest.Recorder{})
		if got := provider.Untaken(err); got != want {
			t.Errorf("status %d: untaken %v, want %v (%v)", status, got, want, err)
		}
	}
}

// Definitions that have a secret in common share its limits, the strictest of them.
func TestAccounts(t *testing.T) {
	t.Parallel()
	accounts := upstream.NewAccounts()
	make := func(name, secret string, concurrency int) *upstream.Adapter {
		d := upstream.Definition{URL: "https://api.test", Outputs: ".x", Concurrency: concurrency, Secrets: map[string]string{"key": secret}}
		d.Submit.Path = "/jobs"
		a, err := upstream.New(name, d, upstream.Options{Accounts: accounts, Secret: func(from string) (string, error) { return strings.TrimPrefix(from, "EMPTY"), nil }})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a, b, c, none := make("a", "ONE", 10), make("b", "ONE", 5), make("c", "TWO", 7), make("none", "EMPTY", 3)
	equal(t, "account", a.Account(), b.Account())
	equal(t, "concurrency", a.Concurrency(), 5)
	equal(t, "concurrency of another", c.Concurrency(), 7)
	equal(t, "accounts differ", a.Account() != c.Account() && c.Account() != "", true)
	equal(t, "account without a secret", none.Account(), "")
	for range 20 {
		d := upstream.Definition{URL: "https://api.test", Outputs: ".x", Secrets: map[string]string{"key": "ONE", "other": "THREE"}}
		d.Submit.Path = "/jobs"
		again, err := upstream.New("a", d, upstream.Options{Accounts: upstream.NewAccounts(), Secret: func(from string) (string, error) { return from, nil }})
		if err != nil || again.Account() != a.Account() {
			t.Fatalf("after another load it is %s: %v", again.Account(), err)
		}
	}
	equal(t, "secret in the account", strings.Contains(a.Account(), "ONE"), false)
}
