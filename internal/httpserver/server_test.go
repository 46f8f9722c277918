package httpserver

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// running is a server that a test can stop.
type running struct {
	address string
	stop    context.CancelFunc
	ended   chan error
}

func run(t *testing.T, s *Server) *running {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.Log = slog.New(slog.DiscardHandler)
	r := &running{address: ln.Addr().String(), stop: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- s.Run(ctx, ln) }()
	t.Cleanup(cancel)
	return r
}

// A stop lets the request in progress end, and takes no new one.
func TestRunDrains(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}), make(chan struct{})
	s := run(t, &Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-release
		if r.Context().Err() != nil {
			t.Error("the request's context has ended with the server's")
		}
		io.WriteString(w, "done")
	})})
	answered := make(chan string, 1)
	go func() {
		res, err := http.Get("http://" + s.address)
		if err != nil {
			answered <- err.Error()
			return
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		answered <- string(body)
	}()
	<-begun
	s.stop()
	for { // until the listener is closed
		conn, err := net.Dial("tcp", s.address)
		if err != nil {
			break
		}
		conn.Close()
	}
	close(release)
	if got := <-answered; got != "done" {
		t.Errorf("answer = %q", got)
	}
	if err := <-s.ended; err != nil {
		t.Errorf("Run = %v", err)
	}
}

// A request that outlasts the limit is cut off, and Run says so.
func TestRunGivesUp(t *testing.T) {
	t.Parallel()
	begun, gone := make(chan struct{}), make(chan struct{})
	s := run(t, &Server{DrainLimit: time.Millisecond, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
		close(gone)
	})})
	go http.Get("http://" + s.address)
	<-begun
	s.stop()
	if err := <-s.ended; err == nil || !strings.Contains(err.Error(), "drain requests") {
		t.Errorf("Run = %v", err)
	}
	<-gone
}

func TestRunWithoutListener(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	s := &Server{Handler: http.NotFoundHandler(), Log: slog.New(slog.DiscardHandler)}
	if err := s.Run(t.Context(), ln); err == nil {
		t.Error("Run on a closed listener returned nil")
	}
}

func TestLargeHeadersAreRefused(t *testing.T) {
	t.Parallel()
	s := run(t, &Server{Handler: http.NotFoundHandler()})
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nA: "+strings.Repeat("a", 64<<10)+"\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status = %d", res.StatusCode)
	}
}
