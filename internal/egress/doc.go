// Package egress is the only maker of outbound HTTP connections. It owns which
// addresses may be connected to ([Policy]), the limits of time and size of
// every request, and the webhook [Sender]. The guard runs at dial, on the
// address that the connection really goes to, so that no name, redirect or
// spelling gets round it; the checks of a URL before that are for friendliness.
//
// It must not know storage, schedules, signatures or any API dialect: it is
// given a URL, headers and bytes, and says what came of them.
package egress
