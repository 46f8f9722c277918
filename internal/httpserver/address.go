package httpserver

import (
	"net/http"
	"net/netip"
)

// ClientAddr returns the address that a request's connection comes from, or the
// zero Addr when that has none. Headers that name another are not believed: anybody
// can send them.
func ClientAddr(r *http.Request) netip.Addr {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return from.Addr().Unmap()
}
