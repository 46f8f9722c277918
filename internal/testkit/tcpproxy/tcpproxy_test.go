package tcpproxy_test

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/taskhook/taskhook/internal/testkit/tcpproxy"
)

// echo is a server that says what it hears, behind a proxy.
func echo(t *testing.T) *tcpproxy.Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	p, err := tcpproxy.Start("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func dial(t *testing.T, p *tcpproxy.Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// say sends a word and returns what comes back within a while.
func say(c net.Conn, word string, within time.Duration) (string, error) {
	if _, err := io.WriteString(c, word); err != nil {
		return "", err
	}
	return hear(c, len(word), within)
}

func hear(c net.Conn, n int, within time.Duration) (string, error) {
	if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
		return "", err
	}
	heard := make([]byte, n)
	_, err := io.ReadFull(c, heard)
	return string(heard), err
}

const plenty = 10 * time.Second

func TestPassAndSlow(t *testing.T) {
	t.Parallel()
	p := echo(t)
	c := dial(t, p)
	for _, mode := range []tcpproxy.Mode{tcpproxy.Pass, tcpproxy.Slow, tcpproxy.Pass} {
		p.Set(mode, time.Millisecond)
		if got, err := say(c, "word", plenty); err != nil || got != "word" {
			t.Errorf("in mode %d %q came back, %v", mode, got, err)
		}
	}
}

// TestStall loses nothing: it comes when the proxy passes again.
func TestStall(t *testing.T) {
	t.Parallel()
	p := echo(t)
	before := dial(t, p)
	if _, err := say(before, "word", plenty); err != nil {
		t.Fatal(err)
	}
	p.Set(tcpproxy.Stall, 0)
	after := dial(t, p)
	for _, c := range []net.Conn{before, after} {
		if got, err := say(c, "held", 20*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%q came through, %v", got, err)
		}
	}
	p.Set(tcpproxy.Pass, 0)
	for _, c := range []net.Conn{before, after} {
		if got, err := hear(c, 4, plenty); err != nil || got != "held" {
			t.Errorf("%q came later, %v", got, err)
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	p := echo(t)
	before := dial(t, p)
	if _, err := say(before, "word", plenty); err != nil {
		t.Fatal(err)
	}
	p.Set(tcpproxy.Cut, 0)
	if got, err := say(before, "word", plenty); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a connection of before says %q, %v", got, err)
	}
	// A reset may come so soon that it is the dial that hears of it.
	if after, err := net.Dial("tcp", p.Addr().String()); err == nil {
		t.Cleanup(func() { after.Close() })
		if got, err := say(after, "word", plenty); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a new connection says %q, %v", got, err)
		}
	}
	p.Set(tcpproxy.Pass, 0)
	if got, err := say(dial(t, p), "word", plenty); err != nil || got != "word" {
		t.Errorf("when it passes again %q came back, %v", got, err)
	}
}
