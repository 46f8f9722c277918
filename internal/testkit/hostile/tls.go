package hostile

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"
)

// Authority issues certificates that only Pool trusts.
type Authority struct {
	Pool *x509.CertPool

	cert *x509.Certificate
	key  crypto.Signer
}

// NewAuthority makes an authority of its own for one test.
func NewAuthority(tb testing.TB) *Authority {
	tb.Helper()
	a := &Authority{Pool: x509.NewCertPool(), key: newKey(tb)}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "hostile test authority"},
		NotBefore:             time.Now().Add(-48 * time.Hour),
		NotAfter:              time.Now().Add(48 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err == nil {
		a.cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		tb.Fatalf("make authority: %v", err)
	}
	a.Pool.AddCert(a.cert)
	return a
}

// Issue returns a server's TLS configuration with a certificate for 127.0.0.1
// and the names, which ends at notAfter.
func (a *Authority) Issue(tb testing.TB, notAfter time.Time, names ...string) *tls.Config {
	tb.Helper()
	return issue(tb, leaf(notAfter, names, net.IPv4(127, 0, 0, 1)), a.cert, a.key)
}

// Valid returns a configuration that a good receiver would have.
func (a *Authority) Valid(tb testing.TB) *tls.Config {
	tb.Helper()
	return a.Issue(tb, time.Now().Add(time.Hour), "receiver.example")
}

// Expired returns a configuration whose certificate ended an hour ago.
func (a *Authority) Expired(tb testing.TB) *tls.Config {
	tb.Helper()
	return a.Issue(tb, time.Now().Add(-time.Hour), "receiver.example")
}

// WrongHost returns a configuration whose certificate is for another host.
func (a *Authority) WrongHost(tb testing.TB) *tls.Config {
	tb.Helper()
	return issue(tb, leaf(time.Now().Add(time.Hour), []string{"other.example"}), a.cert, a.key)
}

// SelfSigned returns a configuration with a certificate that signs itself.
func SelfSigned(tb testing.TB) *tls.Config {
	tb.Helper()
	return issue(tb, leaf(time.Now().Add(time.Hour), nil, net.IPv4(127, 0, 0, 1)), nil, nil)
}

func leaf(notAfter time.Time, names []string, addrs ...net.IP) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: "hostile receiver"},
		NotBefore:    time.Now().Add(-24 * time.Hour),
		NotAfter:     notAfter,
		DNSNames:     names,
		IPAddresses:  addrs,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

// issue signs the template with the parent's key, or with its own if parent is
// nil.
func issue(tb testing.TB, template, parent *x509.Certificate, signer crypto.Signer) *tls.Config {
	tb.Helper()
	key := newKey(tb)
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		tb.Fatalf("issue certificate: %v", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func newKey(tb testing.TB) crypto.Signer {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatalf("make key: %v", err)
	}
	return key
}
