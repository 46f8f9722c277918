package egress_test

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/internal/testkit/hostile"
)

// The names of these tests resolve to the loopback address, where a receiver
// counts the connections that get through.
func TestDialIsGuarded(t *testing.T) {
	t.Parallel()
	loopback := loopbackAddr()
	for name, test := range map[string]struct {
		config egress.Config
		host   string // "PORT" stands for the receiver's
		addrs  []netip.Addr
		class  taskhook.Class
	}{
		"name to loopback":             {egress.Config{AllowHTTP: true}, "evil.example", list(loopback), taskhook.ClassBlocked},
		"name to mapped loopback":      {egress.Config{AllowHTTP: true}, "evil.example", list(netip.MustParseAddr("::ffff:127.0.0.1")), taskhook.ClassBlocked},
		"name to NAT64 loopback":       {egress.Config{AllowHTTP: true, Allow: []string{"64:ff9b::/96"}}, "evil.example", list(netip.MustParseAddr("64:ff9b::7f00:1")), taskhook.ClassBlocked},
		"name to zoned address":        {egress.Config{AllowHTTP: true}, "evil.example", list(netip.MustParseAddr("fe80::1%lo")), taskhook.ClassBlocked},
		"named host to loopback":       {egress.Config{Allow: []string{"http://evil.example:PORT"}}, "evil.example", list(loopback), taskhook.ClassBlocked},
		"literal":                      {egress.Config{AllowHTTP: true}, "127.0.0.1", nil, taskhook.ClassBlocked},
		"odd literal":                  {egress.Config{Dev: true}, "127.1", list(loopback), taskhook.ClassBlocked},
		"decimal literal":              {egress.Config{Dev: true}, "2130706433", list(loopback), taskhook.ClassBlocked},
		"metadata name":                {egress.Config{Dev: true}, "metadata.google.internal", list(loopback), taskhook.ClassBlocked},
		"denied":                       {egress.Config{Dev: true, Deny: []string{"127.0.0.0/8"}}, "good.example", list(loopback), taskhook.ClassBlocked},
		"denied outranks allowed":      {egress.Config{AllowHTTP: true, Allow: []string{"127.0.0.1"}, Deny: []string{"127.0.0.1"}}, "good.example", list(loopback), taskhook.ClassBlocked},
		"exact address, other port":    {egress.Config{AllowHTTP: true, Allow: []string{"127.0.0.1:1"}}, "good.example", list(loopback), taskhook.ClassBlocked},
		"http by exception elsewhere":  {egress.Config{Allow: []string{"http://other.example"}}, "good.example", list(loopback), taskhook.ClassBlocked},
		"dev":                          {egress.Config{Dev: true}, "good.example", list(loopback), taskhook.ClassOK},
		"exact address":                {egress.Config{AllowHTTP: true, Allow: []string{"127.0.0.1"}}, "good.example", list(loopback), taskhook.ClassOK},
		"exact address with its port":  {egress.Config{AllowHTTP: true, Allow: []string{"127.0.0.1:PORT"}}, "good.example", list(loopback), taskhook.ClassOK},
		"mixed: only the vetted ones":  {egress.Config{AllowHTTP: true, Allow: []string{"127.0.0.1"}}, "good.example", list(netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("10.0.0.1"), loopback), taskhook.ClassOK},
		"literal by exception":         {egress.Config{Allow: []string{"http://127.0.0.1:PORT"}}, "127.0.0.1", nil, taskhook.ClassOK},
		"too many answers, none legal": {egress.Config{AllowHTTP: true}, "evil.example", many(), taskhook.ClassBlocked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := hostile.New(t, hostile.OK())
			port := listenPort(t, server)
			config := test.config
			for i, entry := range config.Allow {
				config.Allow[i] = strings.ReplaceAll(entry, "PORT", strconv.Itoa(port))
			}
			config.Ports = []int{port}
			sender := newSender(t, policy(t, config), egress.Options{Resolver: answering(test.addrs, nil)})
			got := sender.Send(t.Context(), post(t, "http://"+test.host+":"+strconv.Itoa(port)+"/hook"))
			if got.Class != test.class {
				t.Errorf("class %q (%v), want %q", got.Class, got.Err, test.class)
			}
			if blocked := got.Class == taskhook.ClassBlocked; blocked != (server.Accepted() == 0) {
				t.Errorf("%d connections were made", server.Accepted())
			}
			if got.Class == taskhook.ClassBlocked && got.Error != new(egress.BlockedError).Error() {
				t.Errorf("the refusal says more than the others: %q", got.Error)
			}
		})
	}
}

func TestRebindingIsRefusedAtDial(t *testing.T) {
	t.Parallel()
	server := hostile.New(t, hostile.OK())
	port := listenPort(t, server)
	p := policy(t, egress.Config{AllowHTTP: true, Ports: []int{port}})
	if _, err := p.CheckURL("http://evil.example:" + strconv.Itoa(port)); err != nil {
		t.Fatalf("the name alone is refused: %v", err)
	}
	sender := newSender(t, p, egress.Options{Resolver: answering(list(loopbackAddr()), nil)})
	for range 2 {
		got := sender.Send(t.Context(), post(t, "http://evil.example:"+strconv.Itoa(port)))
		if got.Class != taskhook.ClassBlocked {
			t.Errorf("class %q", got.Class)
		}
	}
	if server.Accepted() != 0 {
		t.Error("a connection was made")
	}
}

func TestOwnAddressesAreRefused(t *testing.T) {
	t.Parallel()
	server := hostile.New(t, hostile.OK())
	port := uint16(listenPort(t, server))
	for name, listen := range map[string]netip.AddrPort{
		"exact":          netip.AddrPortFrom(loopbackAddr(), port),
		"all addresses":  netip.AddrPortFrom(netip.IPv4Unspecified(), port),
		"all, over IPv6": netip.AddrPortFrom(netip.IPv6Unspecified(), port),
	} {
		t.Run(name, func(t *testing.T) {
			config := egress.Config{Allow: []string{"http://127.0.0.1"}, Ports: []int{int(port)}}
			open, err := policy(t, config).Excluding(listen)
			if err != nil {
				t.Fatal(err)
			}
			if got := newSender(t, open, egress.Options{}).Send(t.Context(), post(t, server.URL)); got.Class != taskhook.ClassBlocked {
				t.Errorf("result is %+v", got)
			}
			dev, err := egress.Dev().Excluding(listen)
			if err != nil {
				t.Fatal(err)
			}
			if got := newSender(t, dev, egress.Options{}).Send(t.Context(), post(t, server.URL)); got.Class != taskhook.ClassOK {
				t.Errorf("under dev: %+v", got)
			}
		})
	}
}

func loopbackAddr() netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, 1}) }

func list(addrs ...netip.Addr) []netip.Addr { return addrs }

// many returns ten thousand private addresses.
func many() []netip.Addr {
	all := make([]netip.Addr, 10_000)
	for i := range all {
		all[i] = netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
	}
	return all
}

func policy(tb testing.TB, c egress.Config) *egress.Policy {
	tb.Helper()
	p, err := egress.ParsePolicy(c)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func listenPort(tb testing.TB, s *hostile.Server) int {
	tb.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		tb.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		tb.Fatal(err)
	}
	return port
}
