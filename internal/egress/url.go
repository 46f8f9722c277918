package egress

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// MaxURL is the longest URL that is accepted, in bytes.
const MaxURL = 2048

// CheckURL reads a receiver's URL and returns it in its one form: lower-case
// scheme and host, no default port, addresses in their usual spelling. The
// error is a sentence for the person who gave the URL. A literal address meets
// the same verdict here as at dial; a name is judged only then, by what it
// resolves to.
func (p *Policy) CheckURL(raw string) (*url.URL, error) {
	if err := checkText(raw); err != nil {
		return nil, err
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("the URL can't be read; write it as https://host/path")
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("the URL must start with https://")
	}
	if u.User != nil {
		return nil, errors.New("the URL must not contain a user name or password; put a secret into the path or query instead")
	}
	h, port, err := target(u)
	if err != nil {
		return nil, err
	}
	if !isASCII(raw) {
		return nil, errors.New("the URL contains characters outside ASCII; percent-encode them")
	}
	if err := p.checkTarget(u.Scheme, h, port); err != nil {
		return nil, err
	}
	if port == defaultPort(u.Scheme) {
		port = 0
	}
	u.Host = h.join(port)
	if n := len(u.String()); n > MaxURL {
		return nil, fmt.Errorf("the URL is %d bytes long once encoded; at most %d are allowed", n, MaxURL)
	}
	return u, nil
}

// checkText refuses what could be read in more than one way.
func checkText(raw string) error {
	switch {
	case raw == "":
		return errors.New("the URL is empty; give the https address of the receiver")
	case len(raw) > MaxURL:
		return fmt.Errorf("the URL is %d bytes long; at most %d are allowed", len(raw), MaxURL)
	case strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return errors.New("the URL contains spaces or control characters; remove or percent-encode them")
	case strings.Contains(raw, "#"):
		return errors.New("the URL must not have a fragment; remove everything from # on")
	}
	return nil
}

// target returns the host and port that u would be dialled at.
func target(u *url.URL) (host, uint16, error) {
	h, err := parseHost(u.Hostname())
	if err != nil {
		return host{}, 0, err
	}
	text := u.Port()
	if text == "" {
		return h, defaultPort(u.Scheme), nil
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return host{}, 0, fmt.Errorf("the port %s is not between 1 and 65535", text)
	}
	return h, uint16(port), nil
}

func (p *Policy) checkTarget(scheme string, h host, port uint16) error {
	if scheme == "http" && !p.allowsHTTP(h, port) {
		return errors.New("the URL must start with https://; plain http is allowed only where the operator permits it")
	}
	if !p.allowsPort(h, port) {
		return fmt.Errorf("the port %d is not allowed; use 443, or ask the operator to allow it", port)
	}
	refused := fmt.Errorf("%s is not an address that is sent to; use a public one, or ask the operator to allow it", h)
	switch {
	case h.addr.IsValid():
		if p.vet(h, netip.AddrPortFrom(h.addr, port)) != nil {
			return refused
		}
	case h.isLocalhost():
		if p.vet(h, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)) != nil &&
			p.vet(h, netip.AddrPortFrom(netip.IPv6Loopback(), port)) != nil {
			return refused
		}
	case !p.allowsName(h):
		return refused
	}
	return nil
}

// admits reports whether a request to u may be made at all. Its address is
// vetted when a connection is dialled.
func (p *Policy) admits(u *url.URL) error {
	h, port, err := target(u)
	switch {
	case err != nil:
		return &BlockedError{u.Host, err.Error()}
	case u.User != nil:
		return &BlockedError{h.String(), "user information in the URL"}
	case u.Scheme != "https" && (u.Scheme != "http" || !p.allowsHTTP(h, port)):
		return &BlockedError{h.String(), "scheme " + u.Scheme}
	case !p.allowsPort(h, port):
		return &BlockedError{h.String(), "port"}
	}
	return nil
}

func defaultPort(scheme string) uint16 {
	if scheme == "http" {
		return 80
	}
	return 443
}
