//go:build unix

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/taskhook/taskhook/client"
)

// remoteError is an error in words for the one who called, fit for a terminal.
type remoteError struct {
	text string
	err  error
}

func (e *remoteError) Error() string { return e.text }
func (e *remoteError) Unwrap() error { return e.err }

// explain says of an error what to do. What a server wrote is escaped.
func (r *remote) explain(err error) error {
	text := err.Error()
	if bad, ok := errors.AsType[*client.Error](err); ok {
		text = strings.ReplaceAll(text, bad.Error(), r.refusal(bad))
	} else if broken, ok := errors.AsType[*url.Error](err); ok {
		text = strings.ReplaceAll(text, broken.Error(), r.silence(broken))
	} else if errors.Is(err, context.Canceled) {
		text = strings.ReplaceAll(text, context.Canceled.Error(), "interrupted")
	}
	return &remoteError{safe(text), err}
}

// refusal puts what the API answered into a sentence.
func (r *remote) refusal(e *client.Error) string {
	if e.Code == "" {
		return r.stranger(e)
	}
	text := e.Message
	if e.Details != nil && !strings.Contains(text, e.Details.Field) {
		text = e.Details.Field + ": " + text
	}
	if e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable {
		if e.RetryAfter > 0 {
			text += fmt.Sprintf(" Try again in %s.", e.RetryAfter)
		}
	}
	notes := e.Code
	if e.RequestID != "" {
		notes += ", request " + e.RequestID
	}
	return fmt.Sprintf("%s (%s)", text, notes)
}

// stranger is about an answer that is not one of the API.
func (r *remote) stranger(e *client.Error) string {
	if e.Status >= 300 && e.Status < 400 {
		return fmt.Sprintf("%s redirects (status %d), which is not followed: set --server to where taskhook is", r.server, e.Status)
	}
	if e.Status >= 500 {
		return fmt.Sprintf("%s can't be reached through what stands before it (status %d): %s", r.server, e.Status, e.Message)
	}
	return fmt.Sprintf("%s does not seem to be a taskhook server (status %d): %s; check --server", r.server, e.Status, e.Message)
}

// host returns the server's host and port.
func (r *remote) host() string {
	u, err := url.Parse(r.server)
	if err != nil {
		return ""
	}
	return u.Host
}

// silence says why there is no answer. The query of an address is left out: that
// of a result is as good as a key.
func (r *remote) silence(e *url.Error) string {
	if errors.Is(e, context.Canceled) {
		return "interrupted"
	}
	where, remedy := r.server, "check --server"
	if u, err := url.Parse(e.URL); err == nil && u.Host != r.host() {
		where, remedy = u.Scheme+"://"+u.Host, "that is where the server says that its results are; its --public-url may be wrong"
	}
	if errors.Is(e, syscall.ECONNREFUSED) {
		if where == r.server {
			remedy = "start `taskhook serve` or set --server"
		}
		return fmt.Sprintf("nothing listens at %s: %s", where, remedy)
	}
	if _, ok := errors.AsType[*net.DNSError](e); ok {
		return fmt.Sprintf("the host of %s is not found: %s", where, remedy)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](e); ok || strings.Contains(e.Error(), "HTTP response to HTTPS") {
		return fmt.Sprintf("%s does not speak TLS: use http:// if that is meant", where)
	}
	if e.Timeout() {
		return fmt.Sprintf("%s does not answer in time: %s", where, remedy)
	}
	return fmt.Sprintf("%s can't be talked to (%v): %s", where, e.Err, remedy)
}
