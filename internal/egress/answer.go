package egress

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/taskhook/taskhook"
)

// answer classifies a complete status line and headers.
func answer(u *url.URL, resp *http.Response, now time.Time) Result {
	r := Result{Status: resp.StatusCode, Class: taskhook.ClassStatus}
	switch code := resp.StatusCode; {
	case code < 100:
		r.Status, r.Class = 0, taskhook.ClassProtocol
		r.Error = "the receiver's answer is not proper HTTP: it has no valid status"
	case code >= 200 && code < 300:
		r.Class = taskhook.ClassOK
	case code >= 300 && code < 400:
		r.Class = taskhook.ClassRedirect
		r.Error = redirected(u, describe(code), resp.Header.Get("Location"))
	case code == http.StatusGone:
		r.Class = taskhook.ClassGone
		r.Error = "the receiver answered 410 Gone, which asks for no more webhooks"
	default:
		r.Error = "the receiver answered " + describe(code) + "; only a 2xx status accepts the webhook"
	}
	if r.Class != taskhook.ClassOK {
		r.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), now)
	}
	return r
}

// describe returns the status with its standard text. The receiver's own text
// is not repeated.
func describe(code int) string {
	if text := http.StatusText(code); text != "" {
		return fmt.Sprintf("%d %s", code, text)
	}
	return strconv.Itoa(code)
}

// redirected tells the owner of the URL where the answer points, by host only.
func redirected(u *url.URL, status, location string) string {
	const hint = "redirects are not followed; register the final URL"
	if location == "" {
		return fmt.Sprintf("the receiver answered %s; %s", status, hint)
	}
	to, err := u.Parse(location)
	if err != nil {
		return fmt.Sprintf("the receiver answered %s with an unreadable Location; %s", status, hint)
	}
	h, err := parseHost(to.Hostname())
	if err != nil {
		return fmt.Sprintf("the receiver answered %s with an unreadable Location; %s", status, hint)
	}
	return fmt.Sprintf("the receiver answered %s and points to %s; %s", status, h, hint)
}

// maxRetryAfter is the longest wait that is taken for meant.
const maxRetryAfter = 366 * 24 * time.Hour

// retryAfter reads a Retry-After header (RFC 9110 section 10.2.3): seconds or an
// HTTP date. What is negative, past, absurd or unreadable is 0.
func retryAfter(text string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	if wait < 0 || wait > maxRetryAfter {
		return 0
	}
	return wait
}
