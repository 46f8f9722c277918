package names_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/taskhook/taskhook/internal/testkit/names"
)

func TestResolver(t *testing.T) {
	t.Parallel()
	want := netip.MustParseAddr("127.0.0.3")
	for _, network := range []string{"ip", "ip4"} {
		got, err := names.Resolver(want).LookupNetIP(t.Context(), network, "receiver.test")
		if err != nil || !slices.Equal(got, []netip.Addr{want}) {
			t.Errorf("the address is %s, %v", got, err)
		}
	}
}
