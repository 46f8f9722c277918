package taskhook

import (
	"net/netip"
	"slices"
	"time"
)

// Limits bound what a key is good for. The zero value bounds nothing.
type Limits struct {
	Permissions []Scope        // none: everything
	Networks    []netip.Prefix // that it may be used from; none: any
	ExpiresAt   time.Time      // zero: never
	SpendLimit  *Money         // that its tasks may cost in all; nil: no limit
	Models      []string       // that a worker's key is for, see Worker.Takes; none: all
}

// OfWorker reports whether the key is one of workers.
func (l Limits) OfWorker() bool { return slices.Contains(l.Permissions, ScopeWorker) }

// May reports whether the scope is permitted.
func (l Limits) May(s Scope) bool {
	return len(l.Permissions) == 0 || slices.Contains(l.Permissions, s)
}

// Need returns nil when the scope is permitted, else a CodeKeyPermission.
func (l Limits) Need(s Scope) error {
	if l.May(s) {
		return nil
	}
	return Errorf(CodeKeyPermission, "The API key may not do this: it lacks the permission %s. Use a key that has it.", s)
}

// Admits reports whether the key may be used from the address. An IPv4 address in
// the form of IPv6 is the IPv4 address; a zone does not matter.
func (l Limits) Admits(from netip.Addr) bool {
	from = from.Unmap().WithZone("")
	return len(l.Networks) == 0 || slices.ContainsFunc(l.Networks, func(n netip.Prefix) bool { return n.Contains(from) })
}

// Expired reports whether the key's time is over.
func (l Limits) Expired(now time.Time) bool {
	return !l.ExpiresAt.IsZero() && !now.Before(l.ExpiresAt)
}

// Within returns nil when whoever has l can do nothing that outer forbids, else a
// CodeKeyPermission that says what: no key makes one that is worth more.
func (l Limits) Within(outer Limits) error {
	if len(outer.Permissions) > 0 && len(l.Permissions) == 0 {
		return FieldErrorf(CodeKeyPermission, "permissions", "The API key is limited to some permissions, so the new one must be too. List its permissions.")
	}
	for _, s := range l.Permissions {
		if !outer.May(s) {
			return FieldErrorf(CodeKeyPermission, "permissions", "The API key lacks the permission %s itself, so it can't give it to another.", s)
		}
	}
	if len(outer.Networks) > 0 && len(l.Networks) == 0 {
		return FieldErrorf(CodeKeyPermission, "ipWhitelist", "The API key is limited to some addresses, so the new one must be too. List its addresses.")
	}
	for _, n := range l.Networks {
		inside := func(o netip.Prefix) bool { return o.Bits() <= n.Bits() && o.Contains(n.Addr()) }
		if len(outer.Networks) > 0 && !slices.ContainsFunc(outer.Networks, inside) {
			return FieldErrorf(CodeKeyPermission, "ipWhitelist", "The API key may not be used from all of %s itself, so the new one may not either.", n)
		}
	}
	if !outer.ExpiresAt.IsZero() && (l.ExpiresAt.IsZero() || l.ExpiresAt.After(outer.ExpiresAt)) {
		return FieldErrorf(CodeKeyPermission, "expiresAt", "The API key expires at %s, so the new one must not be valid for longer.",
			outer.ExpiresAt.UTC().Format(time.RFC3339))
	}
	return nil
}

// ParseNetwork reads an address or a network in CIDR notation. What is IPv4 in the
// form of IPv6 becomes IPv4. The error is a CodeInvalid.
func ParseNetwork(text string) (netip.Prefix, error) {
	n, err := netip.ParsePrefix(text)
	if err != nil {
		var a netip.Addr
		if a, err = netip.ParseAddr(text); err == nil && a.Zone() == "" {
			n = netip.PrefixFrom(a, a.BitLen())
		}
	}
	if n.Addr().Is4In6() {
		n = netip.PrefixFrom(n.Addr().Unmap(), n.Bits()-96)
	}
	if n = n.Masked(); err != nil || !n.IsValid() {
		return n, FieldErrorf(CodeInvalid, "ipWhitelist", "%.80q is no address and no network. Write it like 192.0.2.7 or 192.0.2.0/24.", text)
	}
	return n, nil
}
