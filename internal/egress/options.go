package egress

import (
	"cmp"
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"time"
)

// Resolver looks up host names, as [net.Resolver] does. A name without an
// address is a [net.DNSError].
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Options are the limits of outgoing requests. Each zero field takes the
// default that stands beside it. The time of a whole request is the caller's,
// by context; there is deliberately no shorter limit for the answer's headers.
type Options struct {
	DNS     time.Duration // to resolve the name: 3 s
	Connect time.Duration // to connect, over all addresses of the name: 5 s
	TLS     time.Duration // for the TLS handshake: 5 s
	Idle    time.Duration // an unused connection is kept: 30 s

	HeaderBytes int64 // of the answer's headers, those of 1xx answers included: 32 KB
	ReadBytes   int   // read of the answer's body: 16 KB
	KeepBytes   int   // of those kept: 4 KB

	IdleConns int // kept, over all hosts: 1024

	RootCAs  *x509.CertPool // trusted authorities: those of the system
	Resolver Resolver       // net.DefaultResolver
}

func (o Options) withDefaults() Options {
	o.DNS = cmp.Or(o.DNS, 3*time.Second)
	o.Connect = cmp.Or(o.Connect, 5*time.Second)
	o.TLS = cmp.Or(o.TLS, 5*time.Second)
	o.Idle = cmp.Or(o.Idle, 30*time.Second)
	o.HeaderBytes = cmp.Or(o.HeaderBytes, 32<<10)
	o.ReadBytes = cmp.Or(o.ReadBytes, 16<<10)
	o.KeepBytes = min(cmp.Or(o.KeepBytes, 4<<10), o.ReadBytes)
	o.IdleConns = cmp.Or(o.IdleConns, 1024)
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	return o
}
