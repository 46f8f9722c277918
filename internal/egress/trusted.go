package egress

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// TrustedOptions are the limits of connections to a trusted address. Each zero
// field takes the default that stands beside it.
type TrustedOptions struct {
	Connect time.Duration // DNS and TCP: 5 s
	TLS     time.Duration // for the TLS handshake: 5 s
	Stall   time.Duration // without a byte in either direction: 1 min
	Idle    time.Duration // an unused connection is kept: 30 s
}

// defaultStall is how long a connection may be silent unless said otherwise.
const defaultStall = time.Minute

// NewTrusted returns a transport to an address that the operator has configured and
// nobody else can influence, such as that of a bucket: it may be private, and in
// plain http. It speaks HTTP/1.1, knows no proxies and decompresses nothing. A
// request may take as long as bytes flow.
func NewTrusted(o TrustedOptions) *http.Transport {
	dialer := net.Dialer{Timeout: cmp.Or(o.Connect, 5*time.Second)}
	stall := cmp.Or(o.Stall, defaultStall)
	var http1 http.Protocols
	http1.SetHTTP1(true)
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &flowing{conn, stall}, nil
		},
		Protocols:              &http1,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    cmp.Or(o.TLS, 5*time.Second),
		ResponseHeaderTimeout:  stall,
		MaxResponseHeaderBytes: 32 << 10,
		MaxIdleConnsPerHost:    128, // as many as looks at the work of one upstream go on at once
		IdleConnTimeout:        cmp.Or(o.Idle, 30*time.Second),
		DisableCompression:     true,
	}
}

// NewTrustedClient returns a client over NewTrusted that follows no redirects.
func NewTrustedClient(o TrustedOptions) *http.Client {
	return &http.Client{Transport: NewTrusted(o),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// flowing is a connection that fails when nothing has flowed for the time, be it
// that the other side reads nothing or says nothing.
type flowing struct {
	net.Conn
	stall time.Duration
}

// Read puts the end off, for writing too: a read waits while a request is sent.
func (c *flowing) Read(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.stall)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write puts the end off, for reading too.
func (c *flowing) Write(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.stall)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
