package app_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// TestFeed follows the feed over HTTP, through a restart of the server, which ends a
// stream and a long wait at once.
func TestFeed(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	publish := func(kind string) {
		t.Helper()
		if _, err := s.Client.Publish(t.Context(), client.NewEvent{Type: kind, Data: json.RawMessage(`{"n":1}`)}); err != nil {
			t.Fatal(err)
		}
	}
	publish("order.one")
	open := func(last string) *bufio.Scanner {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/v1/events/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+program.Key)
		req.Header.Set("Last-Event-ID", last)
		res, err := http.DefaultClient.Do(req)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("the stream answers %+v, %v", res, err)
		}
		t.Cleanup(func() { res.Body.Close() })
		return bufio.NewScanner(res.Body)
	}
	next := func(from *bufio.Scanner) (id, kind string) {
		t.Helper()
		for from.Scan() {
			if text, ok := strings.CutPrefix(from.Text(), "id: "); ok {
				id = text
			}
			if text, ok := strings.CutPrefix(from.Text(), "event: "); ok {
				return id, text
			}
		}
		t.Fatalf("the stream ends: %v", from.Err())
		return "", ""
	}
	stream := open("")
	if _, kind := next(stream); kind != "order.one" {
		t.Errorf("the stream begins with %s", kind)
	}
	publish("order.two")
	last, kind := next(stream)
	if kind != "order.two" {
		t.Errorf("then comes %s", kind)
	}
	waited := make(chan error)
	go func() {
		_, err := s.Client.Feed(t.Context(), client.FeedQuery{After: last, Wait: time.Minute})
		waited <- err
	}()
	s.Stop(t)
	for stream.Scan() {
		continue
	}
	if err := stream.Err(); err != nil && err != io.ErrUnexpectedEOF {
		t.Errorf("the stream ends with %v", err)
	}
	<-waited // however it ended: the request may have come too late

	s = program.Run(t, s.Config)
	t.Cleanup(func() { s.Stop(t) })
	publish("order.three")
	if _, kind := next(open(last)); kind != "order.three" {
		t.Errorf("after the restart comes %s", kind)
	}
}
