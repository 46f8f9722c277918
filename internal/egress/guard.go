package egress

import (
	"net/netip"
	"slices"
)

// BlockedError is the refusal of the guard. Its text is the same for every
// address and cause, and may be shown to anyone: a refusal must not tell what
// is on the network behind it. Host and Reason are for the operator's log.
type BlockedError struct {
	Host   string
	Reason string
}

// Error returns the sentence for the owner of the URL.
func (*BlockedError) Error() string {
	return "the address is not one that is sent to; use a public https address, or ask the operator to allow this one"
}

// sealedPrefixes lists what no network or name opens, only the exact address.
func sealedPrefixes() []netip.Prefix {
	texts := []string{
		"0.0.0.0/8", "::/128", // "this host": Linux connects to itself
		"127.0.0.0/8", "::1/128",
		"169.254.0.0/16", "fe80::/10", // link-local, with most metadata services
		"224.0.0.0/4", "255.255.255.255/32", "ff00::/8",
		"168.63.129.16/32",                      // Azure platform
		"100.100.100.200/32",                    // Alibaba metadata
		"192.0.0.192/32",                        // Oracle metadata
		"fd00:ec2::254/128", "fd20:ce::254/128", // AWS and Google metadata over IPv6
	}
	prefixes := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		prefixes[i] = netip.MustParsePrefix(text)
	}
	return prefixes
}

// vet decides on the concrete address that a connection to h would go to. An
// address that carries another one is judged by both.
func (p *Policy) vet(h host, to netip.AddrPort) error {
	if to.Addr().Zone() != "" {
		return &BlockedError{h.String(), "zoned address"}
	}
	addr := to.Addr().Unmap()
	for _, a := range append(embedded(addr), addr) {
		if reason := p.refuse(h, a, to.Port()); reason != "" {
			return &BlockedError{h.String(), a.String() + ": " + reason}
		}
	}
	return nil
}

// refuse returns why the address is refused, or "".
func (p *Policy) refuse(h host, addr netip.Addr, port uint16) string {
	switch {
	case !p.dev && p.isOwn(addr, port):
		return "own listen address"
	case contains(p.deny, addr):
		return "denied by the operator"
	case p.namedExactly(addr, port):
		return ""
	case contains(p.sealed, addr):
		if p.dev && addr.IsLoopback() {
			return ""
		}
		return "loopback, link-local or metadata"
	case p.excepted(h, addr, port):
		return ""
	case p.dev && addr.IsPrivate():
		return ""
	}
	if err := p.public.SafeAddr(addr); err != nil {
		return err.Error()
	}
	return ""
}

func (p *Policy) isOwn(addr netip.Addr, port uint16) bool {
	return slices.ContainsFunc(p.own, func(l listener) bool { return l.port == port && l.prefix.Contains(addr) })
}

func (p *Policy) namedExactly(addr netip.Addr, port uint16) bool {
	return slices.ContainsFunc(p.exceptions, func(e exception) bool {
		return e.prefix.IsValid() && e.prefix.IsSingleIP() && e.prefix.Contains(addr) && e.forPort(port)
	})
}

func (p *Policy) excepted(h host, addr netip.Addr, port uint16) bool {
	return slices.ContainsFunc(p.exceptions, func(e exception) bool {
		return e.forPort(port) && (e.covers(h) || e.covers(host{addr: addr}))
	})
}

// allowsPort reports whether the URL may name the port.
func (p *Policy) allowsPort(h host, port uint16) bool {
	if port == 443 || p.dev || slices.Contains(p.ports, port) || port == 80 && p.allowsHTTP(h, port) {
		return true
	}
	return slices.ContainsFunc(p.exceptions, func(e exception) bool { return e.port == port && e.covers(h) })
}

// allowsHTTP reports whether the URL may do without TLS.
func (p *Policy) allowsHTTP(h host, port uint16) bool {
	return p.http || slices.ContainsFunc(p.exceptions, func(e exception) bool {
		return e.http && e.forPort(port) && e.covers(h)
	})
}

// allowsName refuses the names of metadata services, unless one is excepted.
// What they resolve to is judged like any address.
func (p *Policy) allowsName(h host) bool {
	return !h.isMetadata() || slices.ContainsFunc(p.exceptions, func(e exception) bool { return e.name == h.name })
}

// embedded returns the IPv4 addresses that gateways make of an IPv6 address:
// NAT64 (RFC 6052, RFC 8215) and 6to4 (RFC 3056).
func embedded(addr netip.Addr) []netip.Addr {
	if !addr.Is6() {
		return nil
	}
	b := addr.As16()
	low := netip.AddrFrom4([4]byte(b[12:]))
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(addr):
		return []netip.Addr{low}
	case netip.MustParsePrefix("64:ff9b:1::/48").Contains(addr): // by /96 or by /48, as its network likes
		return []netip.Addr{low, netip.AddrFrom4([4]byte{b[6], b[7], b[9], b[10]})}
	case netip.MustParsePrefix("2002::/16").Contains(addr):
		return []netip.Addr{netip.AddrFrom4([4]byte(b[2:6]))}
	}
	return nil
}

func contains(prefixes []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}
