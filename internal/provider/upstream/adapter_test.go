package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/provider/providertest"
	"github.com/taskhook/taskhook/internal/provider/upstream"
)

func TestAsksOnceAndWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{submit: taken, poll: doneAt(3, `["/files/1.png",{"base64":"aGk=","name":"b.txt","nsfw":true},{"text":"words"},null]`), file: picture}
		var sink providertest.Recorder
		if err := a.adapter(t).Run(t.Context(), request(), &sink); err != nil {
			t.Fatal(err)
		}
		equal(t, "submissions", a.submitted, 1)
		equal(t, "polls", a.polls, 3)
		equal(t, "handles", fmt.Sprint(sink.Handles()), "[job/1]")
		equal(t, "progress", fmt.Sprint(sink.Reports()), "[10 20]")
		equal(t, "path", a.seen[0].URL.EscapedPath(), "/v1/owner/model/jobs")
		equal(t, "body", a.bodies[0], `{"callback":null,"prompt":"a \"fish\" ü"}`)
		equal(t, "poll path", a.seen[1].URL.EscapedPath(), "/v1/jobs/job/1")
		equal(t, "credentials", a.seen[0].Header.Get("Authorization"), "Bearer s3cr3t-token")
		var got []string
		for _, o := range sink.Outputs() {
			got = append(got, o.Name+"="+string(o.Bytes)+string(o.Safety))
		}
		equal(t, "outputs", strings.Join(got, " "), "1.png=a picture b.txt=hiflagged text.txt=words")
	})
}

// A run that has a handle is waited for, and nothing is asked for.
func TestResumes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{submit: taken, poll: doneAt(2, `["/1.png"]`), file: picture}
		r := request()
		r.Handle = "job/7"
		var sink providertest.Recorder
		if err := a.adapter(t).Run(t.Context(), r, &sink); err != nil {
			t.Fatal(err)
		}
		equal(t, "submissions", a.submitted, 0)
		equal(t, "outputs", len(sink.Outputs()), 1)
	})
}

// What an answer to a submission means for asking again.
func TestSubmissions(t *testing.T) {
	t.Parallel()
	const secret = `{"detail":"bad prompt for s3cr3t-token"}`
	tests := []struct {
		name   string
		answer func(int) *http.Response
		lost   bool
		want   string
	}{
		{"busy", func(int) *http.Response { return reply(429, "", "Retry-After", "3600") }, false, "refused 1h0m0s"},
		{"maintenance", func(int) *http.Response { return reply(503, "") }, false, "refused 0s"},
		{"500 after accepting", func(int) *http.Response { return reply(500, "") }, false, "unclear"},
		{"gateway", func(int) *http.Response { return reply(504, "") }, false, "unclear"},
		{"redirect", func(int) *http.Response { return reply(302, "", "Location", "https://else.test/") }, false, "unclear"},
		{"lost answer", taken, true, "unclear"},
		{"no handle", func(int) *http.Response { return reply(200, `{"status":"waiting"}`) }, false, "unclear"},
		{"not JSON", func(int) *http.Response { return reply(200, `<html>`) }, false, "unclear"},
		{"bad input", func(int) *http.Response { return reply(422, secret) }, false, "The provider answered: bad prompt for …"},
		{"bad key", func(int) *http.Response { return reply(401, secret) }, false, "The provider does not accept this server's credentials (status 401)."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := &api{submit: tt.answer, lost: tt.lost}
			var sink providertest.Recorder
			err := a.adapter(t).Run(t.Context(), request(), &sink)
			got := "nothing"
			if refused, ok := errors.AsType[*provider.Refused](err); ok {
				got = "refused " + refused.After.String()
			} else if _, ok := errors.AsType[*provider.Unclear](err); ok {
				got = "unclear"
			} else if provider.IsPermanent(err) {
				got = provider.TaskError(err).Message
			}
			equal(t, "outcome", got, tt.want)
			equal(t, "submissions", a.submitted, 1)
			equal(t, "handles", len(sink.Handles()), 0)
			if err != nil && strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("the error holds a secret: %v", err)
			}
		})
	}
}

// A name can't lead out of its place.
func TestPathsStay(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]string{"../admin": "", "a/../b": "", "a b?c#d/e": "/v1/a%20b%3Fc%23d/e/jobs", "..": ""} {
		a := &api{submit: func(int) *http.Response { return reply(400, "") }}
		r := request()
		r.Model = model
		if err := a.adapter(t).Run(t.Context(), r, &providertest.Recorder{}); err == nil {
			t.Errorf("%s: no error", model)
		}
		got := ""
		if len(a.seen) > 0 {
			got = a.seen[0].URL.EscapedPath()
		}
		equal(t, "path of "+model, got, want)
	}
}

// nobody is a transport that never gets as far as sending.
type nobody struct{}

func (nobody) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("connection refused")
}

func TestNotAskedAtAll(t *testing.T) {
	t.Parallel()
	var d upstream.Definition
	d.URL, d.Submit.Path, d.Outputs = "https://api.test", "/jobs", ".x"
	adapter, err := upstream.New("test", d, upstream.Options{API: client(nobody{}), Fetch: client(nobody{})})
	if err != nil {
		t.Fatal(err)
	}
	err = adapter.Run(t.Context(), request(), &providertest.Recorder{})
	if _, unclear := errors.AsType[*provider.Unclear](err); err == nil || unclear || provider.IsPermanent(err) {
		t.Errorf("got %v, want an error that allows another try", err)
	}
}

// Faults of an API while work goes on there.
func TestPolls(t *testing.T) {
	t.Parallel()
	status := func(word string) *http.Response { return reply(200, `{"status":"`+word+`","detail":"no more credit"}`) }
	done := func() *http.Response { return reply(200, `{"status":"done","files":["https://cdn.test/1.png"]}`) }
	script := func(list ...func() *http.Response) func(int) *http.Response {
		return func(n int) *http.Response { return list[min(n, len(list))-1]() }
	}
	say := func(word string) func() *http.Response { return func() *http.Response { return status(word) } }
	answer := func(code int, headers ...string) func() *http.Response {
		return func() *http.Response { return reply(code, "{}", headers...) }
	}
	tests := []struct {
		name string
		poll func(int) *http.Response
		want string // empty: it ends well
		most time.Duration
	}{
		{"status goes backwards", script(say("busy"), say("waiting"), say("busy"), done), "", time.Minute},
		{"a word nobody knows", script(say("dreaming"), done), "", time.Minute},
		{"unknown for a while", script(answer(404), answer(404), answer(410), done), "", time.Minute},
		{"unknown for ever", script(answer(404)), "The provider does not know the work any more.", 10 * time.Minute},
		{"failed", script(say("busy"), say("broken")), "The provider answered: no more credit", time.Minute},
		{"slow down", script(answer(429, "Retry-After", "3600"), done), "", 61 * time.Minute},
		{"down for a while", script(answer(500), answer(502), answer(503), answer(500), done), "", 5 * time.Minute},
		{"garbled once", script(func() *http.Response { return reply(200, `{"status":"done"}`) }, done), "", time.Minute},
		{"garbled for ever", script(func() *http.Response { return reply(200, `{"status":"done"}`) }),
			"The provider's answers can't be understood; the server's log tells more.", 5 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &api{submit: taken, poll: tt.poll, file: picture}
				began := time.Now()
				var sink providertest.Recorder
				err := a.adapter(t).Run(t.Context(), request(), &sink)
				got := ""
				if err != nil {
					got = provider.TaskError(err).Message
				}
				equal(t, "outcome", got, tt.want)
				equal(t, "outputs", len(sink.Outputs()), map[bool]int{true: 1, false: 0}[tt.want == ""])
				equal(t, "submissions", a.submitted, 1)
				if took := time.Since(began); took > tt.most {
					t.Errorf("it took %s of fake time", took)
				}
			})
		})
	}
}

// Faults of links to results.
func TestResults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		files string
		file  func(try int, link string) *http.Response
		want  string // "bytes", "again": another try may do; else the message
	}{
		{"breaks off once", `["https://cdn.test/1.png"]`, func(try int, _ string) *http.Response {
			if try == 1 {
				return reply(502, "")
			}
			return picture("")
		}, "bytes"},
		{"expired", `["https://cdn.test/1.png"]`, func(int, string) *http.Response { return reply(403, "") }, "again"},
		{"redirects", `["https://api.test/v1/download/1"]`, func(_ int, link string) *http.Response {
			if strings.Contains(link, "download") {
				return reply(302, "", "Location", "https://cdn.test/1.png")
			}
			return picture("")
		}, "bytes"},
		{"redirects to a private address", `["https://api.test/v1/download/1"]`, func(int, string) *http.Response {
			return reply(302, "", "Location", "https://10.0.0.7/1.png")
		}, "The provider's link to the result leads to an address that is not fetched from."},
		{"private", `["https://10.0.0.7/1.png"]`, nil, "The provider's link to the result leads to an address that is not fetched from."},
		{"a page", `["https://cdn.test/1.png"]`, func(int, string) *http.Response {
			return reply(200, "<html>sign in", "Content-Type", "text/html; charset=utf-8")
		}, "again"},
		{"a fault told as JSON", `["https://cdn.test/1.png"]`, func(int, string) *http.Response {
			return reply(200, `{"error":"expired"}`)
		}, "again"},
		{"a fault told as XML", `["https://cdn.test/1.png"]`, func(int, string) *http.Response {
			return reply(200, "<Error/>", "Content-Type", "application/xml; charset=utf-8")
		}, "again"},
		{"redirects for ever", `["https://api.test/v1/download/1"]`, func(int, string) *http.Response {
			return reply(302, "", "Location", "https://cdn.test/again")
		}, "again"},
		{"breaks off in the middle, always", `["https://cdn.test/1.png"]`, func(int, string) *http.Response {
			r := picture("")
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader("half a pic"), brokenOff{}))
			return r
		}, "again"},
		{"huge", `["https://cdn.test/1.png"]`, func(int, string) *http.Response {
			r := picture("")
			r.Body = io.NopCloser(endless(5000))
			return r
		}, "The provider's result is larger than may be kept."},
		{"data link", `["data:image/png;base64,aGk="]`, nil, "bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tries := 0
				a := &api{submit: taken, poll: doneAt(1, tt.files), file: func(link string) *http.Response {
					tries++
					return tt.file(tries, link)
				}}
				var sink providertest.Recorder
				err := a.adapter(t, func(d *upstream.Definition) { d.MaxOutputBytes = 4000 }).Run(t.Context(), request(), &sink)
				got := "again"
				switch {
				case err == nil:
					got = "bytes"
				case provider.IsPermanent(err):
					got = provider.TaskError(err).Message
				}
				equal(t, "outcome", got, tt.want)
			})
		})
	}
}

// A stop leaves the work alone; a task that was cancelled, or whose time is over,
// ends it there too.
func TestStopAndCancel(t *testing.T) {
	t.Parallel()
	for cause, want := range map[error]int{errors.New("stop"): 0, provider.ErrCancelled: 1, provider.ErrTimeout: 1} {
		t.Run(cause.Error(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &api{submit: taken, poll: doneAt(1e9, `[]`)}
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Hour, func() { cancel(cause) })
				err := a.adapter(t).Run(ctx, request(), &providertest.Recorder{})
				if !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
				equal(t, "cancelled", a.cancelled, want)
			})
		})
	}
}

// slowly is a transport that takes a while to answer what was heard, unless it is
// given up.
type slowly struct {
	*api
	takes time.Duration
}

func (s slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-time.After(s.takes):
	}
	return s.api.RoundTrip(r)
}

// A stop waits a while for the answer to a submission, which says by what name the
// work is known.
func TestStopWhileAsking(t *testing.T) {
	t.Parallel()
	for takes, handles := range map[time.Duration]int{5 * time.Second: 1, time.Minute: 0} {
		t.Run(takes.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &api{submit: taken, poll: doneAt(1e9, `[]`)}
				adapter := a.over(t, slowly{a, takes}, func(d *upstream.Definition) { d.Timeout = time.Hour })
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(errors.New("stop")) })
				var sink providertest.Recorder
				err := adapter.Run(ctx, request(), &sink)
				_, unclear := errors.AsType[*provider.Unclear](err)
				equal(t, "handles", len(sink.Handles()), handles)
				equal(t, "unclear", unclear, handles == 0)
			})
		})
	}
}

// Told that something has changed, it looks at once.
func TestWake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{submit: taken, poll: doneAt(2, `["/1.png"]`), file: picture}
		adapter := a.adapter(t, func(d *upstream.Definition) { d.Poll.Every = time.Hour })
		adapter.Wake("run_1") // before it waits: no harm
		ended := make(chan error)
		began := time.Now()
		go func() { ended <- adapter.Run(t.Context(), request(), &providertest.Recorder{}) }()
		for range 2 {
			synctest.Wait()
			adapter.Wake("run_1")
			adapter.Wake("run_of_another")
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		equal(t, "time", time.Since(began), 0)
	})
}

func TestBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{submit: taken, poll: func(int) *http.Response {
			return reply(200, `[{"id":"job/1","status":"done","files":["/1.png"]},{"id":"job/2","status":"broken"},{"id":"job/3","status":"done","files":["/3.png"]}]`)
		}, file: picture}
		adapter := a.adapter(t, func(d *upstream.Definition) {
			d.Poll.Batch, d.Poll.Item, d.Poll.Path, d.Poll.Every = 50, ".[]", "/jobs/many", 10*time.Second
			d.Poll.Query = map[string]string{"ids": `\($handles | join(","))`, "none": ""}
		})
		ended := make(chan error, 3)
		for i := range 3 {
			r := request()
			r.RunID = fmt.Sprintf("run_%d", i)
			go func() { ended <- adapter.Run(t.Context(), r, &providertest.Recorder{}) }()
		}
		failures := 0
		for range 3 {
			if err := <-ended; err != nil {
				failures++
			}
		}
		equal(t, "failures", failures, 1)
		equal(t, "submissions", a.submitted, 3)
		if a.polls > 3 {
			t.Errorf("%d calls for 3 looks", a.polls)
		}
	})
}

// Synchronous APIs answer with the result, some with nothing but its bytes.
func TestSynchronous(t *testing.T) {
	t.Parallel()
	a := &api{submit: func(int) *http.Response { return reply(200, "\x89PNG bytes", "Content-Type", "image/png") }}
	adapter := a.adapter(t, func(d *upstream.Definition) {
		d.Poll, d.State, d.Outputs, d.Submit.Handle, d.Submit.Binary = nil, "", "", "", true
	})
	var sink providertest.Recorder
	if err := adapter.Run(t.Context(), request(), &sink); err != nil {
		t.Fatal(err)
	}
	equal(t, "output", string(sink.Outputs()[0].Bytes), "\x89PNG bytes")
	equal(t, "handles", len(sink.Handles()), 0)
}

// The store that can't take the handle has the work go on and the run end, for it
// is another's now.
func TestHandleNotStored(t *testing.T) {
	t.Parallel()
	a := &api{submit: taken}
	lost := errors.New("the run is another's")
	sink := providertest.Recorder{OnSent: func(string) error { return lost }}
	if err := a.adapter(t).Run(t.Context(), request(), &sink); !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
	equal(t, "polls", a.polls, 0)
}
