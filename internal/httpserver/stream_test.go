package httpserver_test

import (
	"net/http/httptest"
	"testing"

	"github.com/taskhook/taskhook/internal/httpserver"
)

func TestStream(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	s := httpserver.OpenStream(w)
	for _, send := range []func() error{
		s.Beat, // the first write, for nothing was sent yet
		func() error {
			return s.Send(httpserver.StreamEvent{ID: "1", Type: "a.b", Data: []byte("one\r\ntwo\n")}, httpserver.StreamEvent{Data: []byte("three")})
		},
		s.Beat, // not so soon
	} {
		if err := send(); err != nil {
			t.Fatal(err)
		}
	}
	if want := ":\n\nid: 1\nevent: a.b\ndata: one\ndata: two\n\ndata: three\n\n"; w.Body.String() != want || !w.Flushed {
		t.Errorf("written %q", w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != httpserver.EventStreamType {
		t.Errorf("Content-Type = %q", got)
	}
}
