package egress

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// host is a receiver's host in its one form: a literal address, or a lower-case
// ASCII name without a trailing dot. It is what is checked, dialled and shown.
type host struct {
	name string     // empty for an address
	addr netip.Addr // unmapped; the zero Addr for a name
}

// parseHost reads a host as a URL gives it, without brackets. It is strict, so
// that no resolver later reads an address where we saw a name: "127.1",
// "0x7f000001" and "2130706433" are refused.
func parseHost(text string) (host, error) {
	switch {
	case text == "":
		return host{}, errors.New("the URL has no host name; write it as https://host/path")
	case !isASCII(text):
		return host{}, errors.New("write the host name in its ASCII (punycode) form, such as xn--bcher-kva.example")
	case strings.Contains(text, "%"):
		return host{}, errors.New("the host must not contain percent signs; write a plain name, or an address without a zone")
	}
	text = strings.ToLower(strings.TrimSuffix(text, "."))
	if addr, err := netip.ParseAddr(text); err == nil {
		return host{addr: addr.Unmap()}, nil
	}
	if looksNumeric(text) {
		return host{}, errors.New("write the address as four decimal numbers, such as 192.0.2.10")
	}
	if !validName(text) {
		return host{}, errors.New("the host name is not valid; use letters, digits, hyphens and dots")
	}
	return host{name: text}, nil
}

// looksNumeric reports whether some resolvers would read text as an IPv4
// address: its last label is a decimal, octal or hexadecimal number.
func looksNumeric(text string) bool {
	last := text[strings.LastIndexByte(text, '.')+1:]
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// validName checks the lengths of RFC 1035 and the letters that resolvers
// accept, underscores of container networks included.
func validName(text string) bool {
	if text == "" || len(text) > 253 {
		return false
	}
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		if strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) < 0
}

// String returns the name or address, without brackets.
func (h host) String() string {
	if h.addr.IsValid() {
		return h.addr.String()
	}
	return h.name
}

// join returns the host for a URL, with the port unless it is 0.
func (h host) join(port uint16) string {
	if port != 0 {
		return net.JoinHostPort(h.String(), strconv.Itoa(int(port)))
	}
	if h.addr.Is6() {
		return "[" + h.addr.String() + "]"
	}
	return h.String()
}

// isLocalhost reports whether the name means this machine, by RFC 6761 or by
// the hosts file of common systems.
func (h host) isLocalhost() bool {
	switch h.name {
	case "localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback":
		return true
	}
	return strings.HasSuffix(h.name, ".localhost")
}

// isMetadata reports whether the name is one under which clouds hand
// credentials to the machines that they run.
func (h host) isMetadata() bool {
	switch h.name {
	case "metadata", "metadata.google.internal", "metadata.goog", "instance-data",
		"instance-data.ec2.internal", "metadata.azure.internal", "metadata.tencentyun.com":
		return true
	}
	return false
}
