package upstream

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook/internal/provider"
)

// busy answers that everything goes on, without a network.
type busy struct{}

func (busy) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(`{"id":"7","state":"working","percent":20,"input":{"prompt":"a cat"}}`))}, nil
}

// BenchmarkLook measures a look at one piece of work, without the network.
func BenchmarkLook(b *testing.B) {
	a, err := New("bench", Definition{URL: "https://api.test/v1", Secrets: map[string]string{"token": "T"}, Headers: map[string]string{"Authorization": `Bearer \($secrets.token)`},
		Submit: Submit{Call: Call{Path: "/jobs", Body: "."}, Handle: ".id"}, Poll: &Poll{Call: Call{Path: `/jobs/\($handle)`}},
		State: ".state", States: map[string]string{"done": "succeeded"}, Progress: ".percent", Outputs: ".link"},
		Options{API: &http.Client{Transport: busy{}}, Secret: func(string) (string, error) { return "secret", nil }})
	if err != nil {
		b.Fatal(err)
	}
	w := a.newWatch(context.Background(), provider.Request{}, a.scope(provider.Request{RunID: "run_1", Handle: "job_1"}), nil)
	w.timer = time.AfterFunc(time.Hour, func() {})
	b.ReportAllocs()
	for b.Loop() {
		found, err := a.rounds.call(context.Background(), []*watch{w})
		if err != nil {
			b.Fatal(err)
		}
		if last, err := a.read(context.Background(), found[0], w.scope); err != nil || last.state != running {
			b.Fatal(last, err)
		}
	}
}
