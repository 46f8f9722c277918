package egress_test

import (
	"context"
	"strings"
	"sync"
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

func TestSendKeepsTheLastUsedConnections(t *testing.T) {
	t.Parallel()
	closed := make(chan string, 2)
	receiver := func(name string) *hostile.Server {
		return hostile.New(t, func(c *hostile.Conn) {
			for c.ReadRequest() {
				c.Say(okAnswer)
			}
			closed <- name
		})
	}
	first, second := receiver("first"), receiver("second")
	sender := egress.NewSender(egress.Dev(), egress.Options{IdleConns: 1})
	for _, server := range []*hostile.Server{first, second, second} {
		if got := sender.Send(t.Context(), post(t, server.URL)); got.Class != taskhook.ClassOK {
			t.Fatalf("result is %+v", got)
		}
	}
	if name := <-closed; name != "first" {
		t.Errorf("the connection of the %s host was closed for another", name)
	}
	if n := second.Accepted(); n != 1 {
		t.Errorf("the second host was dialled %d times, want 1", n)
	}
	sender.Close()
	<-closed
}

func TestSendKeepsAsManyConnectionsAsWereUsedAtATime(t *testing.T) {
	t.Parallel()
	const together = 80
	arrived, proceed := make(chan struct{}), make(chan struct{})
	server := hostile.New(t, func(c *hostile.Conn) {
		for c.ReadRequest() {
			arrived <- struct{}{}
			<-proceed
			c.Say(okAnswer)
		}
	})
	sender := newSender(t, egress.Dev(), egress.Options{})
	for range 2 {
		var sends sync.WaitGroup
		for range together {
			sends.Go(func() { sender.Send(t.Context(), post(t, server.URL)) })
		}
		for range together {
			<-arrived
		}
		for range together {
			proceed <- struct{}{}
		}
		sends.Wait()
	}
	if n := server.Accepted(); n != together {
		t.Errorf("%d connections for %d requests at a time", n, together)
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
