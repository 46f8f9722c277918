package egress

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"
)

// maxAddresses bounds how many addresses of one name are tried.
const maxAddresses = 4

// stage is a step on the way to a connection.
type stage int

const (
	connecting stage = iota
	securing         // the TLS handshake
)

// dialError says at which stage a connection could not be made, and how long
// that stage was given.
type dialError struct {
	stage stage
	limit time.Duration
	err   error
}

func (e *dialError) Error() string { return e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

// dialer makes every connection of this process to the outside.
type dialer struct {
	policy *Policy
	opts   Options
	tls    *tls.Config
}

func newDialer(p *Policy, o Options) *dialer {
	return &dialer{policy: p, opts: o, tls: &tls.Config{
		MinVersion:         tls.VersionTLS12,
		RootCAs:            o.RootCAs,
		NextProtos:         []string{"http/1.1"},
		ClientSessionCache: tls.NewLRUClientSessionCache(o.IdleConns),
	}}
}

// dial resolves the name, vets every address and connects to the first that
// passes and answers. A name is resolved once: what was vetted is what is
// dialled.
func (d *dialer) dial(ctx context.Context, _, address string) (net.Conn, error) {
	name, portText, err := net.SplitHostPort(address)
	if err != nil {
		return nil, &BlockedError{address, "unreadable address"}
	}
	h, err := parseHost(name)
	if err != nil {
		return nil, &BlockedError{name, err.Error()}
	}
	number, err := strconv.ParseUint(portText, 10, 16)
	port := uint16(number)
	if err != nil || !d.policy.allowsPort(h, port) || !d.policy.allowsName(h) {
		return nil, &BlockedError{h.String(), "name or port"}
	}
	addrs, err := d.resolve(ctx, h)
	if err != nil {
		return nil, err
	}
	targets, err := d.vetted(h, addrs, port)
	if err != nil {
		return nil, err
	}
	return d.connect(ctx, h, targets)
}

func (d *dialer) resolve(ctx context.Context, h host) ([]netip.Addr, error) {
	if h.addr.IsValid() {
		return []netip.Addr{h.addr}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.opts.DNS)
	defer cancel()
	addrs, err := d.opts.Resolver.LookupNetIP(ctx, "ip", h.name)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "no address", Name: h.name, IsNotFound: true}
	}
	return addrs, nil
}

// vetted keeps the addresses that pass; if none does, it returns the refusal.
func (d *dialer) vetted(h host, addrs []netip.Addr, port uint16) ([]netip.AddrPort, error) {
	var targets []netip.AddrPort
	var refusal error
	for _, addr := range addrs {
		to := netip.AddrPortFrom(addr.Unmap(), port)
		if err := d.policy.vet(h, to); err != nil {
			refusal = err
			continue
		}
		if targets = append(targets, to); len(targets) == maxAddresses {
			break
		}
	}
	if len(targets) == 0 {
		return nil, refusal
	}
	return targets, nil
}

// connect tries the addresses in the resolver's order, each with an even share
// of the time that is left, and returns the first error if none answers.
func (d *dialer) connect(ctx context.Context, h host, targets []netip.AddrPort) (net.Conn, error) {
	guarded := net.Dialer{ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return &BlockedError{h.String(), "unreadable address"}
		}
		return d.policy.vet(h, to)
	}}
	deadline := time.Now().Add(d.opts.Connect)
	var first error
	for i, to := range targets {
		guarded.Timeout = time.Until(deadline) / time.Duration(len(targets)-i)
		conn, err := guarded.DialContext(ctx, "tcp", to.String())
		if err == nil {
			return conn, nil
		}
		if first == nil {
			first = err
		}
		if time.Until(deadline) <= 0 || ctx.Err() != nil {
			break
		}
	}
	return nil, &dialError{connecting, d.opts.Connect, first}
}

// dialTLS dials and completes the handshake, so that the failures of the two
// can be told apart.
func (d *dialer) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	config := d.tls.Clone()
	config.ServerName, _, _ = net.SplitHostPort(address) // dial has read it
	secured := tls.Client(conn, config)
	ctx, cancel := context.WithTimeout(ctx, d.opts.TLS)
	defer cancel()
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // of no more use; the handshake's error says why
		return nil, &dialError{securing, d.opts.TLS, err}
	}
	return secured, nil
}
