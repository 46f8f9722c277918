package upstream_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/provider/upstream"
)

// definition is of the scripted API.
const definition = `
url: https://api.test/v1
secrets: {token: TOKEN}
headers: {Authorization: 'Bearer \($secrets.token)'}
submit: {path: '/\($model)/jobs', body: '{prompt, callback: $callback}', handle: .id}
poll: {path: '/jobs/\($handle)', every: 2s}
cancel: {method: DELETE, path: '/jobs/\($handle)'}
state: .status
states: {waiting: queued, busy: running, done: succeeded, broken: failed}
progress: .percent
outputs: .files[]
error: .detail
`

// api is an upstream that answers by script, without a network.
type api struct {
	submit func(n int) *http.Response       // of the nth submission, from 1
	poll   func(n int) *http.Response       // of the nth poll
	file   func(path string) *http.Response // of what is fetched
	lost   bool                             // the answer to a submission never comes

	mu        sync.Mutex
	submitted int
	polls     int
	cancelled int
	seen      []*http.Request
	bodies    []string
	at        []time.Time // of polls
}

func reply(status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func (a *api) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	a.seen, a.bodies = append(a.seen, r), append(a.bodies, string(body))
	answer := func(of *http.Response) (*http.Response, error) {
		of.Request = r
		return of, nil
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "/jobs"):
		a.submitted++
		if a.lost {
			return nil, errors.New("connection reset by peer")
		}
		return answer(a.submit(a.submitted))
	case strings.Contains(r.URL.Path, "/jobs/") && r.Method == http.MethodDelete:
		a.cancelled++
		return answer(reply(http.StatusNoContent, ""))
	case strings.Contains(r.URL.Path, "/jobs/"):
		a.polls++
		a.at = append(a.at, time.Now())
		return answer(a.poll(a.polls))
	}
	return answer(a.file(r.URL.String()))
}

// taken accepts every submission, of which later polls are to tell.
func taken(n int) *http.Response {
	return reply(201, fmt.Sprintf(`{"id":"job/%d","status":"waiting"}`, n))
}

// doneAt is busy until the nth poll.
func doneAt(last int, files string) func(int) *http.Response {
	return func(n int) *http.Response {
		if n < last {
			return reply(200, fmt.Sprintf(`{"id":"x","status":"busy","percent":%d}`, 10*n))
		}
		return reply(200, `{"id":"x","status":"done","files":`+files+`}`)
	}
}

func picture(string) *http.Response {
	return reply(200, "a picture", "Content-Type", "image/png")
}

func (a *api) adapter(t *testing.T, changes ...func(*upstream.Definition)) *upstream.Adapter {
	t.Helper()
	return a.over(t, a, changes...)
}

// over is an adapter that reaches the API by another transport.
func (a *api) over(t *testing.T, transport http.RoundTripper, changes ...func(*upstream.Definition)) *upstream.Adapter {
	t.Helper()
	var d upstream.Definition
	if err := yaml.UnmarshalWithOptions([]byte(definition), &d, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		change(&d)
	}
	adapter, err := upstream.New("test", d, upstream.Options{API: client(transport), Fetch: &http.Client{Transport: guard{a}}, Blocked: isBlocked,
		Secret: func(string) (string, error) { return "s3cr3t-token", nil }})
	if err != nil {
		t.Fatal(err)
	}
	return adapter
}

// client follows no redirects, as that of the product.
func client(t http.RoundTripper) *http.Client {
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

var errBlocked = errors.New("blocked")

func isBlocked(err error) bool { return errors.Is(err, errBlocked) }

// guard refuses a private host.
type guard struct{ *api }

func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Host, "10.") {
		return nil, errBlocked
	}
	if r.Header.Get("Authorization") != "" {
		return reply(http.StatusTeapot, "the credentials went to another host"), nil
	}
	return g.api.RoundTrip(r)
}

func request() provider.Request {
	return provider.Request{TaskID: "task_1", RunID: "run_1", Attempt: 1, Provider: "test", Capability: "text-to-image",
		Model: "owner/model", Medium: taskhook.MediumImage, Input: json.RawMessage(`{"prompt":"a \"fish\" ü"}`)}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func endless(n int) io.Reader { return bytes.NewReader(make([]byte, n)) }
