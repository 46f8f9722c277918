package egress

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"code.dny.dev/ssrf"
)

// Config is what an operator may say about outgoing connections. The zero
// value allows public addresses over https on port 443.
type Config struct {
	// Dev allows http, any port, loopback and private networks. It still
	// refuses link-local and metadata addresses.
	Dev bool
	// AllowHTTP allows plain http, and with it port 80, to every receiver.
	AllowHTTP bool
	// Allow names exceptions for private receivers: a host name
	// ("receiver.lan"), an address ("10.0.0.5") or a network ("10.0.0.0/8"),
	// optionally with "http://" before it, which allows plain http as well, and
	// for names and addresses a port after it (":8080"), to which the exception
	// is then limited. Plain http by network holds for URLs that give the
	// address itself. Loopback, link-local and metadata addresses are opened
	// only by naming that very address.
	Allow []string
	// Deny refuses further addresses and networks; it outranks Allow.
	Deny []string
	// Ports are allowed for every receiver besides 443.
	Ports []int
}

// Policy decides which URLs and addresses may be connected to. It is immutable
// and safe for concurrent use.
type Policy struct {
	dev        bool
	http       bool
	ports      []uint16
	exceptions []exception
	deny       []netip.Prefix
	sealed     []netip.Prefix // opened only by naming the exact address
	own        []listener
	public     *ssrf.Guardian
}

// listener is one place where this process accepts connections.
type listener struct {
	prefix netip.Prefix
	port   uint16
}

// ParsePolicy builds a Policy, or says in a sentence which entry is wrong.
func ParsePolicy(c Config) (*Policy, error) {
	p := &Policy{
		dev:    c.Dev,
		http:   c.AllowHTTP || c.Dev,
		sealed: sealedPrefixes(),
		public: ssrf.New(ssrf.WithAnyPort()),
	}
	for _, port := range c.Ports {
		if port < 1 || port > 65535 {
			return nil, fmt.Errorf("the allowed port %d is not between 1 and 65535", port)
		}
		p.ports = append(p.ports, uint16(port))
	}
	for _, text := range c.Deny {
		prefix, err := parsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("the denied network %q is not usable: %w", text, err)
		}
		p.deny = append(p.deny, prefix)
	}
	for _, text := range c.Allow {
		e, err := parseException(text)
		if err == nil {
			err = p.mayOpen(e)
		}
		if err != nil {
			return nil, fmt.Errorf("the exception %q is not usable: %w", text, err)
		}
		p.exceptions = append(p.exceptions, e)
	}
	return p, nil
}

// mayOpen refuses a network that lies within what only an exact address opens,
// since it would never have an effect.
func (p *Policy) mayOpen(e exception) error {
	if !e.prefix.IsValid() || e.prefix.IsSingleIP() {
		return nil
	}
	for _, s := range p.sealed {
		if s.Bits() <= e.prefix.Bits() && s.Contains(e.prefix.Addr()) {
			return fmt.Errorf("addresses in %s are opened one by one; name the exact address", s)
		}
	}
	return nil
}

// Dev is the policy of a development machine: http, any port, loopback and
// private networks are allowed besides public addresses.
func Dev() *Policy {
	return &Policy{dev: true, http: true, sealed: sealedPrefixes(), public: ssrf.New(ssrf.WithAnyPort())}
}

// Excluding returns a copy of p that also refuses the given listen addresses,
// so that this process never calls itself. An unspecified address ("0.0.0.0")
// stands for all addresses that this machine has now. Under Dev it has no
// effect: there, receiver and sender may be the same process.
func (p *Policy) Excluding(listen ...netip.AddrPort) (*Policy, error) {
	q := *p
	q.own = slices.Clone(p.own)
	for _, ap := range listen {
		if !ap.Addr().IsUnspecified() {
			addr := ap.Addr().Unmap().WithZone("")
			q.own = append(q.own, listener{netip.PrefixFrom(addr, addr.BitLen()), ap.Port()})
			continue
		}
		local, err := localPrefixes()
		if err != nil {
			return nil, err
		}
		for _, prefix := range local {
			q.own = append(q.own, listener{prefix, ap.Port()})
		}
	}
	return &q, nil
}

// localPrefixes lists the addresses of this machine, with all of loopback.
func localPrefixes() ([]netip.Prefix, error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("list own addresses: %w", err)
	}
	local := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, a := range addrs {
		ipnet, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		if ip, ok := netip.AddrFromSlice(ipnet.IP); ok {
			ip = ip.Unmap()
			local = append(local, netip.PrefixFrom(ip, ip.BitLen()))
		}
	}
	return local, nil
}
