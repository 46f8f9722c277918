package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/taskhook/taskhook"
)

// failure classifies a request that got no status.
func failure(ctx context.Context, u *url.URL, start time.Time, err error) Result {
	r := Result{Err: err}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		// Nothing was learnt about the receiver; the caller is going away.
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		r.Class = taskhook.ClassTimeout
		r.Error = "no answer in time"
		if deadline, ok := ctx.Deadline(); ok {
			r.Error = "no answer within " + rounded(deadline.Sub(start))
		}
	default:
		r.Class, r.Error = classify(u, err)
	}
	return r
}

// classify tells the causes of a failure apart by their types.
func classify(u *url.URL, err error) (taskhook.Class, string) {
	if blocked, ok := errors.AsType[*BlockedError](err); ok {
		return taskhook.ClassBlocked, blocked.Error()
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return taskhook.ClassDNS, unresolved(u.Hostname(), e)
	}
	if e, ok := errors.AsType[*dialError](err); ok {
		if e.stage == securing {
			return taskhook.ClassTLS, insecure(u.Hostname(), e)
		}
		return unconnected(u.Host, e)
	}
	switch {
	case isAlert(err): // TLS 1.3 refuses a client after its handshake
		return taskhook.ClassTLS, alerted(err)
	case broken(err):
		return taskhook.ClassNetwork, "the connection broke before an answer came"
	case errors.Is(err, errHeaders):
		return taskhook.ClassProtocol, "the headers of the receiver's answer are too large"
	}
	return taskhook.ClassProtocol, "the receiver's answer is not proper HTTP; is the URL that of a web server?"
}

func unresolved(name string, e *net.DNSError) string {
	switch {
	case e.IsNotFound:
		return fmt.Sprintf("the host name %s does not resolve; check its spelling and its DNS records", name)
	case e.IsTimeout:
		return fmt.Sprintf("the host name %s was not resolved in time; check its name servers", name)
	}
	return fmt.Sprintf("the host name %s can't be resolved; check its name servers", name)
}

func unconnected(address string, e *dialError) (taskhook.Class, string) {
	switch {
	case errors.Is(e, syscall.ECONNREFUSED):
		return taskhook.ClassRefused, "nothing listens on " + address
	case isTimeout(e):
		return taskhook.ClassTimeout, fmt.Sprintf("no connection to %s within %s", address, rounded(e.limit))
	case errors.Is(e, syscall.EHOSTUNREACH) || errors.Is(e, syscall.ENETUNREACH):
		return taskhook.ClassNetwork, "there is no route to " + address
	}
	return taskhook.ClassNetwork, "no connection to " + address + " could be made"
}

// insecure explains why a TLS handshake failed.
func insecure(name string, e *dialError) string {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](e); ok {
		if invalid.Reason == x509.Expired {
			return "the certificate of " + name + " has expired or is not yet valid"
		}
		return "the certificate of " + name + " is not valid"
	}
	if _, ok := errors.AsType[x509.HostnameError](e); ok {
		return "the certificate is not valid for " + name
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](e); ok {
		return "the certificate of " + name + " is self-signed or from an unknown authority, or an intermediate certificate is missing"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](e); ok {
		return "the certificate of " + name + " can't be verified"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](e); ok {
		return "the receiver does not speak TLS on this port"
	}
	switch {
	case isAlert(e):
		return alerted(e)
	case isTimeout(e):
		return "the TLS handshake was not completed within " + rounded(e.limit)
	case broken(e):
		return "the connection broke during the TLS handshake"
	}
	return "no TLS connection could be agreed on; TLS 1.2 or newer is needed"
}

// isAlert reports whether the receiver ended the TLS connection with an alert.
// Its type is not exported; the operation of the enclosing error is the mark.
func isAlert(err error) bool {
	e, ok := errors.AsType[*net.OpError](err)
	return ok && e.Op == "remote error"
}

func alerted(err error) string {
	e, _ := errors.AsType[*net.OpError](err)
	return fmt.Sprintf("the receiver refused the TLS connection (%s)", strings.TrimPrefix(e.Err.Error(), "tls: "))
}

// broken reports whether the connection ended, as opposed to carrying something
// that is not HTTP.
func broken(err error) bool {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return true
	}
	_, ok := errors.AsType[*net.OpError](err)
	return ok
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || ok && e.Timeout()
}

// rounded returns a duration as people write it: "30 s" for 29.999 s.
func rounded(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Round(10*time.Millisecond).Milliseconds())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}
