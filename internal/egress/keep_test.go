package egress_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/internal/testkit/hostile"
)

const okAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// once answers the first request of a connection and then does more.
func once(more func(*hostile.Conn)) hostile.Behaviour {
	return func(c *hostile.Conn) {
		if c.ReadRequest() && c.Say(okAnswer) {
			more(c)
		}
	}
}

func TestSendTakesNothingUnaskedForAnAnswer(t *testing.T) {
	t.Parallel()
	said := make(chan struct{}, 2)
	gaveUp := once(func(c *hostile.Conn) {
		c.Say("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		said <- struct{}{}
		c.Hold()
	})
	ca := hostile.NewAuthority(t)
	for name, server := range map[string]*hostile.Server{
		"plain": hostile.New(t, gaveUp), "TLS": hostile.NewTLS(t, ca.Valid(t), gaveUp),
	} {
		sender := newSender(t, egress.Dev(), egress.Options{RootCAs: ca.Pool})
		for range 2 {
			if got := sender.Send(t.Context(), post(t, server.URL)); got.Class != taskhook.ClassOK {
				t.Errorf("%s: result is %+v", name, got)
			}
			<-said
		}
		if n := server.Accepted(); n != 2 {
			t.Errorf("%s: %d connections, want 2", name, n)
		}
	}
}

func TestSendClosesIdleConnections(t *testing.T) {
	t.Parallel()
	closed := make(chan bool, 1)
	server := hostile.New(t, once(func(c *hostile.Conn) { closed <- !c.ReadRequest() }))
	sender := newSender(t, egress.Dev(), egress.Options{Idle: 10 * time.Millisecond})
	sender.Send(t.Context(), post(t, server.URL))
	if !<-closed {
		t.Error("another request came in")
	}
}

func TestSendKeepsFewIdleConnections(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]egress.Options{"per host": {IdleConnsPerHost: 1}, "over all hosts": {IdleConns: 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			arrived, proceed, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
			server := hostile.New(t, func(c *hostile.Conn) {
				if !c.ReadRequest() {
					return
				}
				arrived <- struct{}{}
				<-proceed // both are under way at the same time
				c.Say(okAnswer)
				c.ReadRequest()
				ended <- struct{}{}
			})
			sender := egress.NewSender(egress.Dev(), limits)
			for range 2 {
				go sender.Send(t.Context(), post(t, server.URL))
			}
			<-arrived
			<-arrived
			close(proceed)
			<-ended // one is not kept
			sender.Close()
			<-ended
		})
	}
}

func TestSendEndsWithItsContextBeforeOneWhoDoesNotRead(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	defer close(done)
	server := hostile.New(t, func(*hostile.Conn) { <-done })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	request := post(t, server.URL)
	request.Body = make([]byte, 64<<20)
	got := newSender(t, egress.Dev(), egress.Options{}).Send(ctx, request)
	if got.Class != taskhook.ClassTimeout {
		t.Errorf("result is %+v", got)
	}
}

func TestSendKeepsLineBreaksOutOfHeaders(t *testing.T) {
	t.Parallel()
	server := hostile.New(t, hostile.OK())
	request := post(t, server.URL)
	request.Header["X-Job-Id"] = []string{"a\r\nX-Injected: yes"}
	request.Body = []byte(strings.Repeat("b", 100_000))
	if got := newSender(t, egress.Dev(), egress.Options{}).Send(t.Context(), request); got.Class != taskhook.ClassOK {
		t.Fatalf("result is %+v", got)
	}
	read := server.Requests()[0]
	if read.Header.Get("X-Injected") != "" || !strings.HasPrefix(read.Header.Get("X-Job-Id"), "a ") {
		t.Errorf("receiver read the headers %q", read.Header)
	}
	if len(read.Body) != 100_000 {
		t.Errorf("receiver read %d bytes", len(read.Body))
	}
}
