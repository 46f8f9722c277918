package egress

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
)

// Guarded is a transport to addresses that somebody else has named, such as the
// links to results in the answers of an API: each request, one that follows a
// redirect too, goes only where the policy lets it.
type Guarded struct {
	policy    *Policy
	transport *http.Transport
}

// NewGuarded returns a Guarded that speaks HTTP/1.1, knows no proxies and
// decompresses nothing. A request may take as long as bytes flow.
func NewGuarded(p *Policy, o Options) *Guarded {
	o = o.withDefaults()
	dialer := newDialer(p, o)
	stall := defaultStall
	var http1 http.Protocols
	http1.SetHTTP1(true)
	return &Guarded{policy: p, transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &flowing{conn, stall}, nil
		},
		Protocols:              &http1,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
		TLSHandshakeTimeout:    o.TLS,
		ResponseHeaderTimeout:  stall,
		MaxResponseHeaderBytes: o.HeaderBytes,
		MaxIdleConnsPerHost:    o.IdleConnsPerHost,
		IdleConnTimeout:        o.Idle,
		DisableCompression:     true,
	}}
}

// RoundTrip implements http.RoundTripper. The refusal of the guard is a
// BlockedError.
func (g *Guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.policy.admits(r.URL); err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	return g.transport.RoundTrip(r)
}
