// Package hostile is a receiver that misbehaves on purpose, for tests of
// everything that sends. It speaks raw TCP and TLS, since a proper HTTP server
// can't be made to answer improperly. It owns the behaviours and their
// catalogue; it must not know the sender, nor what it should make of them.
package hostile

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
)

// Path is the path of every Server's URL.
const Path = "/hook"

// Behaviour serves one accepted connection, which is closed when it returns.
// It may run in many connections at once.
type Behaviour func(*Conn)

// Request is one request that a Server has read.
type Request struct {
	Method string
	Header http.Header
	Body   []byte
}

// Server is a receiver on a loopback port. It is stopped, with all of its
// connections, when the test ends.
type Server struct {
	URL string // "http://127.0.0.1:port/hook", or with https

	behave   Behaviour
	listener net.Listener
	stop     chan struct{}
	running  sync.WaitGroup
	accepted atomic.Int64
	written  atomic.Int64

	mu       sync.Mutex
	open     map[net.Conn]struct{}
	requests []Request
}

// New starts a Server that speaks plain HTTP, or whatever behave makes of it.
func New(tb testing.TB, behave Behaviour) *Server {
	return start(tb, "http", nil, behave)
}

// NewTLS starts a Server behind TLS. Connections whose handshake fails are
// closed without reaching behave.
func NewTLS(tb testing.TB, config *tls.Config, behave Behaviour) *Server {
	return start(tb, "https", config, behave)
}

func start(tb testing.TB, scheme string, config *tls.Config, behave Behaviour) *Server {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("listen: %v", err)
	}
	s := &Server{
		URL:      scheme + "://" + listener.Addr().String() + Path,
		behave:   behave,
		listener: listener,
		stop:     make(chan struct{}),
		open:     make(map[net.Conn]struct{}),
	}
	s.running.Go(func() { s.accept(config) })
	tb.Cleanup(s.close)
	return s
}

func (s *Server) accept(config *tls.Config) {
	for {
		raw, err := s.listener.Accept()
		if err != nil {
			return
		}
		if !s.track(raw) {
			return
		}
		number := int(s.accepted.Add(1))
		s.running.Go(func() { s.serve(raw, config, number) })
	}
}

func (s *Server) serve(raw net.Conn, config *tls.Config, number int) {
	defer s.forget(raw)
	var conn net.Conn = &counting{Conn: raw, written: &s.written}
	if config != nil {
		secured := tls.Server(conn, config)
		if secured.Handshake() != nil {
			return
		}
		conn = secured
	}
	s.behave(&Conn{Conn: conn, Number: number, raw: raw, server: s, reader: bufio.NewReader(conn)})
}

// track remembers a connection; it returns false once the server is stopping.
func (s *Server) track(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.stop:
		_ = conn.Close()
		return false
	default:
		s.open[conn] = struct{}{}
		return true
	}
}

func (s *Server) forget(conn net.Conn) {
	_ = conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, conn)
}

func (s *Server) close() {
	s.mu.Lock()
	close(s.stop)
	for conn := range s.open {
		_ = conn.Close()
	}
	s.mu.Unlock()
	_ = s.listener.Close()
	s.running.Wait()
}

// Accepted returns how many connections have been accepted.
func (s *Server) Accepted() int { return int(s.accepted.Load()) }

// Written returns how many bytes have been handed to the kernel, TLS included.
func (s *Server) Written() int64 { return s.written.Load() }

// Requests returns what has been read so far, in order.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Conn is one accepted connection, as a Behaviour sees it.
type Conn struct {
	net.Conn
	Number int // from 1, in the order of acceptance

	raw    net.Conn
	server *Server
	reader *bufio.Reader
}

// ReadRequest reads one request with its body and records it. It returns false
// when the connection ended instead.
func (c *Conn) ReadRequest() bool {
	req, err := http.ReadRequest(c.reader)
	if err != nil {
		return false
	}
	var body bytes.Buffer
	if _, err := io.Copy(&body, req.Body); err != nil {
		return false
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.server.requests = append(c.server.requests, Request{req.Method, req.Header, body.Bytes()})
	return true
}

// Say writes the text and reports whether the connection still took it.
func (c *Conn) Say(text string) bool {
	_, err := io.WriteString(c, text)
	return err == nil
}

// Hold says nothing until the other side closes or the test ends.
func (c *Conn) Hold() { _, _ = io.Copy(io.Discard, c.reader) }

// Reset ends the connection with a TCP reset.
func (c *Conn) Reset() {
	if tcp, ok := c.raw.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.raw.Close()
}

// counting counts what is written.
type counting struct {
	net.Conn
	written *atomic.Int64
}

func (c *counting) Write(b []byte) (int, error) {
	c.written.Add(int64(len(b))) // before a reader can know of it
	n, err := c.Conn.Write(b)
	c.written.Add(int64(n - len(b)))
	return n, err
}
