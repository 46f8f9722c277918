// Package tcpproxy stands between the clients of a server and does to their
// connections what networks do. It knows nothing of what is said on them. No other
// code than tests may import it.
package tcpproxy

import (
	"net"
	"sync"
	"time"
)

// Mode is what happens to connections, those that are there and those to come.
type Mode int

// The modes of a Proxy.
const (
	Pass  Mode = iota // all is passed on
	Slow              // each piece after the delay
	Stall             // nothing is, and nothing is lost: when it passes again it goes on
	Cut               // connections are reset, at both ends
)

// Proxy passes connections on to a server.
type Proxy struct {
	network, to string
	listener    net.Listener
	group       sync.WaitGroup

	mu      sync.Mutex
	mode    Mode
	delay   time.Duration
	changed chan struct{} // closed and renewed with the mode
	conns   map[*net.TCPConn]net.Conn
}

// Start begins to pass connections on to the server at an address of a network of
// [net.Dial], until Close.
func Start(network, to string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{network: network, to: to, listener: l, changed: make(chan struct{}), conns: map[*net.TCPConn]net.Conn{}}
	p.group.Go(p.accept)
	return p, nil
}

// Addr is the address that stands for the server's.
func (p *Proxy) Addr() *net.TCPAddr { return p.listener.Addr().(*net.TCPAddr) }

// Set changes the mode; delay is that of Slow.
func (p *Proxy) Set(m Mode, delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode, p.delay = m, delay
	close(p.changed)
	p.changed = make(chan struct{})
	if m == Cut {
		p.reset()
	}
}

// reset is called with the lock held.
func (p *Proxy) reset() {
	for client, server := range p.conns {
		client.SetLinger(0)
		client.Close()
		server.Close()
	}
}

// Close ends all connections and returns when nothing of the proxy is left.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.mode = Cut
	close(p.changed)
	p.changed = make(chan struct{})
	p.reset()
	p.mu.Unlock()
	err := p.listener.Close()
	p.group.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.group.Go(func() { p.serve(c.(*net.TCPConn)) })
	}
}

// serve passes on what is said on one connection.
func (p *Proxy) serve(client *net.TCPConn) {
	defer client.Close()
	if !p.pass() {
		client.SetLinger(0)
		return
	}
	server, err := net.Dial(p.network, p.to)
	if err != nil {
		client.SetLinger(0)
		return
	}
	defer server.Close()
	if !p.keep(client, server) {
		return
	}
	defer p.forget(client)
	var both sync.WaitGroup
	both.Go(func() { p.pump(server, client) })
	p.pump(client, server)
	both.Wait()
}

func (p *Proxy) keep(client *net.TCPConn, server net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mode == Cut {
		return false
	}
	p.conns[client] = server
	return true
}

func (p *Proxy) forget(client *net.TCPConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, client)
}

// pump passes one direction on. Its end is the other's too, for no client of a
// database speaks on when the other has stopped.
func (p *Proxy) pump(to, from net.Conn) {
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		if !p.pass() {
			return
		}
		if n > 0 {
			if _, failed := to.Write(piece[:n]); failed != nil {
				from.Close()
				return
			}
		}
		if err != nil {
			to.Close()
			return
		}
	}
}

// pass waits until the next piece may be passed on, and reports whether it may at
// all.
func (p *Proxy) pass() bool {
	late := false
	for {
		p.mu.Lock()
		mode, delay, changed := p.mode, p.delay, p.changed
		p.mu.Unlock()
		switch {
		case mode == Cut:
			return false
		case mode == Pass || late && mode == Slow:
			return true
		}
		var over <-chan time.Time // never, when it stalls
		if mode == Slow {
			over = time.After(delay)
		}
		select {
		case <-over:
			late = true
		case <-changed:
		}
	}
}
