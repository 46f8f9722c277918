package egress

import (
	"context"
	"net"
	"net/url"
	"sync"
	"time"
)

// pool makes connections and keeps those that are idle, the last used first.
type pool struct {
	dialer *dialer
	opts   Options

	mu     sync.Mutex
	idle   map[poolKey][]*conn
	count  int // of all that are idle
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
	list := p.idle[key]
	if len(list) == 0 {
		return nil
	}
	c := list[len(list)-1]
	p.keep(key, list[:len(list)-1])
	p.count--
	return c
}

// keep makes the list that of the key, and forgets the key when it is empty.
func (p *pool) keep(key poolKey, list []*conn) {
	if len(list) == 0 {
		delete(p.idle, key)
		return
	}
	p.idle[key] = list
}

// put keeps a connection for the next request, or closes it when there are enough.
func (p *pool) put(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.idle[c.key]
	if p.closed || p.count >= p.opts.IdleConns || len(list) >= p.opts.IdleConnsPerHost {
		c.Close()
		return
	}
	c.used, c.idleSince = true, time.Now()
	p.idle[c.key] = append(list, c)
	p.count++
	if p.sweep == nil {
		p.sweep = time.AfterFunc(p.opts.Idle, p.closeOld)
	}
}

// closeOld closes what has been idle for too long, and looks again later if there
// is more.
func (p *pool) closeOld() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closeBefore(time.Now().Add(-p.opts.Idle))
	p.sweep = nil
	if p.count > 0 {
		p.sweep = time.AfterFunc(p.opts.Idle/2, p.closeOld)
	}
}

func (p *pool) closeBefore(t time.Time) {
	for key, list := range p.idle {
		kept := list[:0]
		for _, c := range list {
			if c.idleSince.After(t) {
				kept = append(kept, c)
				continue
			}
			c.Close()
			p.count--
		}
		clear(list[len(kept):])
		p.keep(key, kept)
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
