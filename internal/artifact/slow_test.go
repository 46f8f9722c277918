package artifact_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

// slow is a backend whose files take their time, as long as their reader is there.
type slow struct{ artifact.Backend }

type slowFile struct {
	*bytes.Reader
	ctx context.Context
}

func (slow) Open(ctx context.Context, _ string) (io.ReadSeekCloser, error) {
	return slowFile{bytes.NewReader([]byte("0123456789")), ctx}, nil
}

func (f slowFile) Read(p []byte) (int, error) {
	select {
	case <-f.ctx.Done():
		return 0, f.ctx.Err()
	case <-time.After(patience):
		return f.Reader.Read(p)
	}
}

func (slowFile) Close() error { return nil }

// patience is longer than the server waits for requests.
const patience = 600 * time.Millisecond

// TestServeLongerThanRequestsMayTake reads a file for longer than a request may take
// to arrive: when that time is over, its context must not end.
func TestServeLongerThanRequestsMayTake(t *testing.T) {
	t.Parallel()
	store, err := artifact.OpenWith(slow{}, t.TempDir(), 100)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	links := newLinker(t)
	a := taskhook.Artifact{ID: newID(), Name: "task_x.png", MediaType: "image/png"}
	mux := http.NewServeMux()
	mux.Handle(artifact.Pattern, &artifact.Handler{Store: store, Links: links, Finder: shelf{a.Name: a},
		Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	server := httptest.NewUnstartedServer(mux)
	server.Config.ReadTimeout = patience / 2
	server.Start()
	defer server.Close()
	link := links.Permanent(a)
	answer, err := server.Client().Get(server.URL + link[len("https://example.com"):])
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got, err := io.ReadAll(answer.Body); err != nil || string(got) != "0123456789" {
		t.Errorf("%d %q, %v", answer.StatusCode, got, err)
	}
}
