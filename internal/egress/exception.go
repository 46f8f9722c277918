package egress

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// exception opens one private host, address or network.
type exception struct {
	http   bool
	name   string       // a host name, else empty
	prefix netip.Prefix // an address or network when name is empty
	port   uint16       // the only port it holds for; 0: the usual ones
}

// parseException reads one entry of Config.Allow.
func parseException(text string) (exception, error) {
	var e exception
	rest, ok := strings.CutPrefix(text, "http://")
	if e.http = ok; !ok {
		rest = strings.TrimPrefix(text, "https://")
	}
	if prefix, err := netip.ParsePrefix(rest); err == nil {
		e.prefix = prefix
		return e, canonical(prefix)
	}
	if strings.Contains(rest, "/") {
		return e, errors.New("write a host name, an address or a network such as 10.0.0.0/8, without a path")
	}
	hostText, port, err := cutPort(rest)
	if err != nil {
		return e, err
	}
	h, err := parseHost(hostText)
	if err != nil {
		return e, err
	}
	e.port = port
	if e.name = h.name; h.addr.IsValid() {
		e.prefix = netip.PrefixFrom(h.addr, h.addr.BitLen())
	}
	return e, nil
}

// cutPort separates "host:port"; an IPv6 address with a port is in brackets.
func cutPort(text string) (string, uint16, error) {
	if _, err := netip.ParseAddr(text); err == nil {
		return text, 0, nil
	}
	i := strings.LastIndexByte(text, ':')
	if i < 0 || strings.HasSuffix(text, "]") {
		return strings.Trim(text, "[]"), 0, nil
	}
	port, err := strconv.ParseUint(text[i+1:], 10, 16)
	if err != nil || port == 0 {
		return "", 0, fmt.Errorf("the port %q is not between 1 and 65535", text[i+1:])
	}
	return strings.Trim(text[:i], "[]"), uint16(port), nil
}

// parsePrefix reads an address or network.
func parsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, errors.New("write an address or a network such as 10.0.0.0/8")
	}
	return prefix, canonical(prefix)
}

// canonical refuses a network that does not say plainly what it covers.
func canonical(prefix netip.Prefix) error {
	if prefix.Addr().Is4In6() {
		return errors.New("write an IPv4 network in its IPv4 form")
	}
	if m := prefix.Masked(); m != prefix {
		return fmt.Errorf("it has bits beyond its length; write %s", m)
	}
	return nil
}

// covers reports whether the exception is about the host as it is written.
func (e exception) covers(h host) bool {
	if e.name != "" {
		return e.name == h.name
	}
	return h.addr.IsValid() && e.prefix.Contains(h.addr)
}

// forPort reports whether the exception holds on the port.
func (e exception) forPort(port uint16) bool { return e.port == 0 || e.port == port }
