package egress

import (
	"container/list"
	"context"
	"net"
	"net/url"
	"slices"
	"sync"
	"time"
)

// pool makes connections and keeps those that are idle. The last used of a host is
// the first to be used again; when there are too many, the one that was idle for
// longest goes, whichever host it is of.
type pool struct {
	dialer *dialer
	opts   Options

	mu     sync.Mutex
	idle   map[poolKey][]*conn // of a host, the longest idle first
	order  list.List           // all of them, likewise
	sweep  *time.Timer
	closed bool
}

// poolKey is what requests must have in common to share connections.
type poolKey struct{ scheme, host string }

func newPool(d *dialer, o Options) *pool {
	return &pool{dialer: d, opts: o, idle: map[poolKey][]*conn{}}
}

// get returns an idle connection, or a new one if there is none or fresh says so.
func (p *pool) get(ctx context.Context, u *url.URL, fresh bool) (*conn, error) {
	key := poolKey{u.Scheme, u.Host}
	for !fresh {
		c := p.take(key)
		if c == nil {
			break
		}
		if c.quiet() {
			return c, nil
		}
		c.Close()
	}
	made, err := p.dial(ctx, u)
	if err != nil {
		return nil, err
	}
	return newConn(made, key), nil
}

func (p *pool) dial(ctx context.Context, u *url.URL) (net.Conn, error) {
	if u.Scheme == "https" {
		return p.dialer.dialTLS(ctx, "tcp", address(u, "443"))
	}
	return p.dialer.dial(ctx, "tcp", address(u, "80"))
}

// address returns the host and the port of a URL.
func address(u *url.URL, standard string) string {
	port := u.Port()
	if port == "" {
		port = standard
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func (p *pool) take(key poolKey) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	conns := p.idle[key]
	if len(conns) == 0 {
		return nil
	}
	c := conns[len(conns)-1]
	p.drop(c, len(conns)-1)
	return c
}

// drop takes the connection, which is the one at place i of its host, out of those
// that are idle.
func (p *pool) drop(c *conn, i int) {
	p.order.Remove(c.place)
	if rest := slices.Delete(p.idle[c.key], i, i+1); len(rest) > 0 {
		p.idle[c.key] = rest
	} else {
		delete(p.idle, c.key)
	}
}

// put keeps a connection for the next request.
func (p *pool) put(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		c.Close()
		return
	}
	c.used, c.idleSince = true, time.Now()
	c.place = p.order.PushBack(c)
	p.idle[c.key] = append(p.idle[c.key], c)
	if p.order.Len() > p.opts.IdleConns {
		p.closeOldest()
	}
	if p.sweep == nil {
		p.sweep = time.AfterFunc(p.opts.Idle, p.closeOld)
	}
}

// oldest returns the connection that has been idle for longest, nil when there is none.
func (p *pool) oldest() *conn {
	if first := p.order.Front(); first != nil {
		return first.Value.(*conn)
	}
	return nil
}

func (p *pool) closeOldest() {
	c := p.oldest()
	p.drop(c, 0)
	c.Close()
}

// closeOld closes what has been idle for too long, and looks again later if there
// is more.
func (p *pool) closeOld() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closeBefore(time.Now().Add(-p.opts.Idle))
	p.sweep = nil
	if p.order.Len() > 0 {
		p.sweep = time.AfterFunc(p.opts.Idle/2, p.closeOld)
	}
}

func (p *pool) closeBefore(t time.Time) {
	for c := p.oldest(); c != nil && !c.idleSince.After(t); c = p.oldest() {
		p.closeOldest()
	}
}

// close closes what is idle, and from now on what becomes so.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.closeBefore(time.Now())
	if p.sweep != nil {
		p.sweep.Stop()
		p.sweep = nil
	}
}
