package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
)

// maxRedirects is how many redirects a guarded client follows.
const maxRedirects = 5

// NewGuarded returns a client for addresses that somebody else has named, such as
// the links to results in the answers of an API: each request, one that follows a
// redirect too, goes only where the policy lets it, and else fails with a
// BlockedError. It speaks HTTP/1.1, knows no proxies and decompresses nothing. A
// request may take as long as bytes flow.
func NewGuarded(p *Policy, o Options) *http.Client {
	o = o.withDefaults()
	dialer := newDialer(p, o)
	stall := defaultStall
	var http1 http.Protocols
	http1.SetHTTP1(true)
	return &http.Client{CheckRedirect: fewRedirects, Transport: &guarded{policy: p, transport: &http.Transport{
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
		MaxIdleConns:           o.IdleConns,
		MaxIdleConnsPerHost:    o.IdleConns,
		IdleConnTimeout:        o.Idle,
		DisableCompression:     true,
	}}}
}

func fewRedirects(_ *http.Request, before []*http.Request) error {
	if len(before) > maxRedirects {
		return errors.New("it redirects too often")
	}
	return nil
}

// guarded is the transport of NewGuarded.
type guarded struct {
	policy    *Policy
	transport *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (g *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.policy.admits(r.URL); err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	return g.transport.RoundTrip(r)
}
