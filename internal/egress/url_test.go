package egress_test

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/internal/egress"
)

func TestCheckURL(t *testing.T) {
	t.Parallel()
	p := policy(t, egress.Config{})
	for raw, want := range map[string]string{
		"https://receiver.example/hook":          "https://receiver.example/hook",
		"HTTPS://Receiver.Example.:443/Hook?a=B": "https://receiver.example/Hook?a=B",
		"https://receiver.example":               "https://receiver.example",
		"https://receiver.example:/x":            "https://receiver.example/x",
		"https://xn--bcher-kva.example/":         "https://xn--bcher-kva.example/",
		"https://my_service/hook":                "https://my_service/hook",
		"https://8.8.8.8/":                       "https://8.8.8.8/",
		"https://[::ffff:8.8.8.8]/":              "https://8.8.8.8/",
		"https://[2606:4700:4700::1111]/":        "https://[2606:4700:4700::1111]/",
		"https://[2606:4700:4700:0::1111]:443/":  "https://[2606:4700:4700::1111]/",
		"https://receiver.example/a%2Fb/c%20d":   "https://receiver.example/a%2Fb/c%20d",
	} {
		if got, err := p.CheckURL(raw); err != nil || got.String() != want {
			t.Errorf("CheckURL(%q) = %v, %v, want %q", raw, got, err, want)
		}
	}
}

func TestCheckURLRefuses(t *testing.T) {
	t.Parallel()
	p := policy(t, egress.Config{})
	for raw, want := range map[string]string{
		"":                                                       "is empty",
		"receiver.example/hook":                                  "must start with https://",
		"ftp://receiver.example/":                                "must start with https://",
		"http://receiver.example/":                               "must start with https://",
		"javascript:alert(1)":                                    "must start with https://",
		"https://":                                               "no host name",
		"https:///hook":                                          "no host name",
		"https:receiver.example":                                 "no host name",
		"https://:443/":                                          "no host name",
		"https://user@receiver.example/":                         "user name or password",
		"https://user:pw@receiver.example/":                      "user name or password",
		"https://receiver.example/#":                             "fragment",
		"https://receiver.example/#a":                            "fragment",
		"https://receiver.example:8443/":                         "port 8443 is not allowed",
		"https://receiver.example:80/":                           "port 80 is not allowed",
		"https://receiver.example:0/":                            "not between 1 and 65535",
		"https://receiver.example:65536/":                        "not between 1 and 65535",
		"https://receiver.example:x/":                            "can't be read",
		"https://receiver.example /":                             "spaces or control",
		" https://receiver.example/":                             "spaces or control",
		"https://receiver.example/a b":                           "spaces or control",
		"https://receiver.example/\r\nX: y":                      "spaces or control",
		"https://receiver.example/\x00":                          "spaces or control",
		"https://receiver.example/\x7f":                          "spaces or control",
		"https://receiver.example/ü":                             "percent-encode",
		"https://bücher.example/":                                "punycode",
		"https://b%C3%BCcher.example/":                           "punycode",
		"https://１２７.0.0.1/":                                     "punycode",
		"https://127。0。0。1/":                                     "punycode",
		"https://%31%32%37.0.0.1/":                               "can't be read",
		"https://[fe80::1%25eth0]/":                              "percent",
		"https://[receiver.example]/":                            "can't be read",
		"https://[::1/":                                          "can't be read",
		"https://a..b/":                                          "not valid",
		"https://./":                                             "not valid",
		"https://exa$mple/":                                      "not valid",
		"https://good.example\\@evil/":                           "can't be read",
		"https://" + strings.Repeat("a", 64) + ".example/":       "not valid",
		"https://" + strings.Repeat("a.", 127) + "example/":      "not valid",
		"https://receiver.example/" + strings.Repeat("a", 2048):  "bytes long",
		"https://receiver.example/" + strings.Repeat("\"", 1000): "bytes long",

		"https://127.1/":                    "four decimal numbers",
		"https://0x7f000001/":               "four decimal numbers",
		"https://0x7F.0.0.1/":               "four decimal numbers",
		"https://127.0.0.0x1/":              "four decimal numbers",
		"https://2130706433/":               "four decimal numbers",
		"https://0177.0.0.1/":               "four decimal numbers",
		"https://127.0.0.1.1/":              "four decimal numbers",
		"https://256.1.1.1/":                "four decimal numbers",
		"https://localhost/":                "localhost is not an address that is sent to",
		"https://app.localhost./":           "is not an address",
		"https://metadata.google.internal/": "is not an address",
	} {
		if got, err := p.CheckURL(raw); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("CheckURL(%q) = %v, %v, want an error with %q", raw, got, err, want)
		}
	}
}

// badHosts are literal addresses that no default policy goes to.
func badHosts() []string {
	return []string{
		"127.0.0.1", "127.255.0.9", "127.0.0.1.", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255",
		"192.168.1.1", "100.64.0.1", "100.100.100.200", "169.254.169.254", "168.63.129.16", "192.0.0.192", "192.0.2.1",
		"198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
		"[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:169.254.169.254]", "[::127.0.0.1]",
		"[64:ff9b::7f00:1]", "[64:ff9b::8.8.8.8]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]",
		"[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[fd20:ce::254]", "[ff02::1]", "[100::1]", "[5f00::1]",
	}
}

func TestBadAddressesAreRefused(t *testing.T) {
	t.Parallel()
	p := policy(t, egress.Config{})
	for _, host := range badHosts() {
		if got, err := p.CheckURL("https://" + host + "/"); err == nil {
			t.Errorf("%s is accepted as %v", host, got)
		}
	}
}

func TestExceptions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		config  egress.Config
		good    []string
		refused []string
	}{
		{
			config:  egress.Config{AllowHTTP: true},
			good:    []string{"http://receiver.example/", "http://receiver.example:80/", "https://receiver.example/"},
			refused: []string{"http://receiver.example:8080/", "http://10.0.0.1/", "http://localhost/"},
		},
		{
			config:  egress.Config{Ports: []int{8443}},
			good:    []string{"https://receiver.example:8443/"},
			refused: []string{"https://receiver.example:8444/", "http://receiver.example:8443/"},
		},
		{
			config:  egress.Config{Dev: true},
			good:    []string{"http://localhost:3000/", "http://127.0.0.1:9/", "http://[::1]:9/", "http://192.168.1.1/", "http://[fd00::1]/"},
			refused: []string{"http://169.254.169.254/", "http://0.0.0.0:80/", "http://[fe80::1]/", "http://127.1/", "http://168.63.129.16/", "http://[fd00:ec2::254]/", "http://metadata/"},
		},
		{
			config:  egress.Config{Allow: []string{"10.0.0.0/8", "http://192.168.0.0/16"}},
			good:    []string{"https://10.1.2.3/", "http://192.168.1.1/", "http://192.168.1.1:80/"},
			refused: []string{"http://10.1.2.3/", "https://10.1.2.3:8443/", "http://receiver.example/", "https://172.16.0.1/"},
		},
		{
			config:  egress.Config{Allow: []string{"0.0.0.0/0", "::/0"}},
			good:    []string{"https://10.1.2.3/", "https://[fd00::1]/", "https://[64:ff9b::8.8.8.8]/", "https://100.64.0.1/"},
			refused: []string{"https://169.254.169.254/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://[fe80::1]/", "https://0.0.0.0/", "https://168.63.129.16/", "https://100.100.100.200/", "https://[fd00:ec2::254]/", "https://[64:ff9b::7f00:1]/", "https://[64:ff9b:1::a9fe:a9fe]/", "https://[2002:7f00:1::]/", "https://metadata.google.internal/"},
		},
		{
			config:  egress.Config{Allow: []string{"169.254.169.254", "metadata.google.internal", "http://127.0.0.1:3000", "[::1]:3001"}},
			good:    []string{"https://169.254.169.254/", "https://metadata.google.internal/", "http://127.0.0.1:3000/", "https://[::1]:3001/", "https://127.0.0.1:3000/"},
			refused: []string{"https://169.254.169.253/", "http://169.254.169.254/", "https://127.0.0.1/", "https://127.0.0.2:3000/", "http://[::1]:3001/", "https://localhost/"},
		},
		{
			config:  egress.Config{Allow: []string{"http://Receiver.LAN.:8080", "other.lan"}},
			good:    []string{"http://receiver.lan:8080/", "https://receiver.lan:8080/", "https://other.lan/"},
			refused: []string{"http://receiver.lan/", "http://receiver.lan:8081/", "http://sub.receiver.lan:8080/", "http://other.lan/", "https://other.lan:8080/"},
		},
		{
			config:  egress.Config{Allow: []string{"10.0.0.0/8"}, Deny: []string{"10.1.0.0/16", "8.8.8.8"}},
			good:    []string{"https://10.2.0.1/", "https://8.8.4.4/"},
			refused: []string{"https://10.1.0.1/", "https://8.8.8.8/", "https://[::ffff:8.8.8.8]/"},
		},
	} {
		p := policy(t, test.config)
		for _, raw := range test.good {
			if _, err := p.CheckURL(raw); err != nil {
				t.Errorf("%+v: CheckURL(%q): %v", test.config, raw, err)
			}
		}
		for _, raw := range test.refused {
			if _, err := p.CheckURL(raw); err == nil {
				t.Errorf("%+v: CheckURL(%q) is accepted", test.config, raw)
			}
		}
	}
}

func TestParsePolicyRefuses(t *testing.T) {
	t.Parallel()
	for want, config := range map[string]egress.Config{
		"not between 1 and 65535":     {Ports: []int{0}},
		"port 70000":                  {Ports: []int{70000}},
		"denied network":              {Deny: []string{"receiver.lan"}},
		"write 10.0.0.0/8":            {Allow: []string{"10.1.2.3/8"}},
		"in its IPv4 form":            {Allow: []string{"::ffff:10.0.0.0/104"}},
		"without a path":              {Allow: []string{"http://receiver.lan/hook"}},
		`port "x"`:                    {Allow: []string{"receiver.lan:x"}},
		"name the exact address":      {Allow: []string{"127.0.0.0/8"}},
		"addresses in 169.254.0.0/16": {Allow: []string{"169.254.169.0/24"}},
		"four decimal numbers":        {Allow: []string{"127.1"}},
		"not valid":                   {Allow: []string{"*.lan"}},
		"must not contain percent":    {Allow: []string{"fe80::1%eth0"}},
	} {
		if _, err := egress.ParsePolicy(config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParsePolicy(%+v): %v, want an error with %q", config, err, want)
		}
	}
}

func FuzzCheckURL(f *testing.F) {
	f.Add("https://receiver.example:443/hook?a=b")
	f.Add("https://[::ffff:127.0.0.1]/")
	f.Add("https://８.８.８.８./%2f?\"")
	for _, host := range badHosts() {
		f.Add("https://" + host + "/")
	}
	p := policy(f, egress.Config{Ports: []int{8443}})
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := p.CheckURL(raw)
		if err != nil {
			return
		}
		again, err := url.Parse(u.String())
		if err != nil || again.Host != u.Host {
			t.Fatalf("%q became %q, which is read as %v, %v", raw, u, again, err)
		}
		if twice, err := p.CheckURL(u.String()); err != nil || twice.String() != u.String() {
			t.Fatalf("%q became %q, which became %v, %v", raw, u, twice, err)
		}
		if u.Scheme != "https" || u.User != nil || u.Fragment != "" || !slices.Contains([]string{"", "8443"}, u.Port()) {
			t.Fatalf("%q became %q", raw, u)
		}
		if addr, err := netip.ParseAddr(u.Hostname()); err == nil {
			if addr.Is4In6() || addr.Zone() != "" || addr.IsPrivate() || !addr.IsGlobalUnicast() {
				t.Fatalf("%q became %q", raw, u)
			}
		}
	})
}
