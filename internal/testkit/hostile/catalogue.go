package hostile

import (
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// dripEvery is short, for the receivers of the catalogue must misbehave within
// the short limits of tests.
const dripEvery = 5 * time.Millisecond

// Case is one entry of the fault catalogue.
type Case struct {
	Fault string // its number in the catalogue, "F1"
	Name  string // unique
	// Start starts its receiver. Those with TLS have certificates of ca, where
	// they have good ones.
	Start func(tb testing.TB, ca *Authority) *Server
}

// Cases returns the catalogue.
func Cases() []Case {
	var all []Case
	for _, part := range [][]Case{slowCases(), answerCases(), brokenCases(), malformedCases(), tlsCases()} {
		all = append(all, part...)
	}
	return all
}

func plain(fault, name string, b Behaviour) Case {
	return Case{fault, name, func(tb testing.TB, _ *Authority) *Server { return New(tb, b) }}
}

func slowCases() []Case {
	return []Case{
		plain("F1", "silent", Silent()),
		{"F2", "refused", func(tb testing.TB, _ *Authority) *Server { return refused(tb) }},
		plain("F3", "header drip", HeaderDrip(dripEvery)),
		plain("F4", "body drip", BodyDrip("200 OK", dripEvery)),
		plain("F4", "body drip of a failure", BodyDrip("500 Internal Server Error", dripEvery)),
		plain("F5", "endless body", EndlessBody()),
		plain("F6", "gzip bomb", GzipBomb(4<<20)),
		plain("F7", "huge header", HugeHeader(1<<20)),
		plain("F7", "many headers", ManyHeaders(5000)),
		plain("F7", "endless headers", EndlessHeaders()),
		plain("F8", "flood of 100", InterimFlood("100 Continue")),
		plain("F8", "flood of 103", InterimFlood("103 Early Hints\r\nLink: </x>")),
	}
}

func answerCases() []Case {
	cases := []Case{
		plain("F9", "redirect 301", Redirect(301, "https://other.example/hook")),
		plain("F9", "redirect 302 to metadata", Redirect(302, "http://169.254.169.254/latest/meta-data/")),
		plain("F9", "redirect 303", Redirect(303, "/elsewhere")),
		plain("F9", "redirect 307 loop", Redirect(307, Path)),
		plain("F9", "redirect 308 loop", Redirect(308, Path)),
		plain("F9", "redirect without location", Status(302)),
		plain("F9", "redirect to nonsense", Redirect(302, "http://[::1")),
		plain("F12", "switching protocols", SwitchProtocols()),
		plain("F20", "gone", Status(http.StatusGone)),
	}
	for _, code := range []int{200, 201, 202, 204} {
		cases = append(cases, plain("F18", "status "+http.StatusText(code), Status(code)))
	}
	for _, code := range []int{400, 401, 403, 404, 405, 413, 422} {
		cases = append(cases, plain("F19", "status "+http.StatusText(code), Status(code)))
	}
	for _, code := range []int{500, 502, 504, 599} {
		cases = append(cases, plain("F22", "status "+strings.TrimSpace("5xx "+http.StatusText(code)), Status(code)))
	}
	return append(cases,
		plain("F21", "retry-after seconds", RetryAfter(429, "120")),
		plain("F21", "retry-after date", RetryAfter(503, time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))),
		plain("F21", "retry-after past date", RetryAfter(503, "Sun, 06 Nov 1994 08:49:37 GMT")),
		plain("F21", "retry-after negative", RetryAfter(429, "-1")),
		plain("F21", "retry-after absurd", RetryAfter(429, "99999999999999999999")),
		plain("F21", "retry-after junk", RetryAfter(503, "soon")),
	)
}

func brokenCases() []Case {
	return []Case{
		plain("F10", "reset in the body", ResetInBody("200 OK")),
		plain("F10", "close in the body", CloseInBody("200 OK")),
		plain("F10", "close in the body of a failure", CloseInBody("503 Service Unavailable")),
		plain("F11", "close before status", CloseBeforeStatus()),
		plain("F11", "reset before status", ResetBeforeStatus()),
		plain("F11", "close on accept", CloseOnAccept()),
		plain("F11", "close in headers", CloseInHeaders()),
		plain("F11", "close on reuse", CloseOnReuse()),
		plain("F11", "close each", CloseEach()),
	}
}

func malformedCases() []Case {
	return []Case{
		plain("F13", "no HTTP", Raw("220 mail.example ESMTP\r\n")),
		plain("F13", "status without code", Raw("HTTP/1.1 OK\r\n\r\n")),
		plain("F13", "status of four digits", Raw("HTTP/1.1 2000 OK\r\n\r\n")),
		plain("F13", "status zero", Raw("HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n")),
		plain("F13", "bad chunking", Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n")),
		plain("F13", "bad chunking of a failure", Raw("HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n")),
		plain("F13", "two lengths", Raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 20\r\n\r\nok")),
		plain("F13", "length and chunks", Raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")),
		plain("F13", "NUL in a header name", Raw("HTTP/1.1 200 OK\r\nX-\x00Nul: yes\r\n\r\n")),
		plain("F13", "NUL in the status line", Raw("HTTP/1.1 2\x0000 OK\r\n\r\n")),
		plain("F13", "HTTP/0.9", Raw("<html>hello</html>\n")),
		plain("F13", "HTTP/2 preface", Raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
		plain("F13", "HTTP/2 settings", Raw("\x00\x00\x00\x04\x00\x00\x00\x00\x00")),
		plain("F14", "extra bytes", ExtraBytes("HTTP/1.1 500 Injected\r\nContent-Length: 0\r\n\r\n")),
	}
}

// withTLS is a well-behaved receiver with the TLS configuration.
func withTLS(fault, name string, config func(testing.TB, *Authority) *tls.Config) Case {
	return Case{fault, name, func(tb testing.TB, ca *Authority) *Server { return NewTLS(tb, config(tb, ca), OK()) }}
}

func tlsCases() []Case {
	modify := func(change func(*tls.Config)) func(testing.TB, *Authority) *tls.Config {
		return func(tb testing.TB, ca *Authority) *tls.Config {
			config := ca.Valid(tb)
			change(config)
			return config
		}
	}
	return []Case{
		withTLS("F15", "tls valid", modify(func(*tls.Config) {})),
		withTLS("F15", "tls self-signed", func(tb testing.TB, _ *Authority) *tls.Config { return SelfSigned(tb) }),
		withTLS("F15", "tls wrong host", func(tb testing.TB, ca *Authority) *tls.Config { return ca.WrongHost(tb) }),
		withTLS("F15", "tls expired", func(tb testing.TB, ca *Authority) *tls.Config { return ca.Expired(tb) }),
		withTLS("F15", "tls 1.1 only", modify(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 })),
		withTLS("F15", "tls client certificate", modify(func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert })),
		{"F15", "tls stalled", func(tb testing.TB, _ *Authority) *Server { return asTLS(New(tb, Silent())) }},
		{"F15", "tls closed", func(tb testing.TB, _ *Authority) *Server { return asTLS(New(tb, CloseOnAccept())) }},
		{"F16", "plain http on a tls port", func(tb testing.TB, _ *Authority) *Server {
			return asTLS(New(tb, plainOnTLS()))
		}},
		plain("F16", "tls on a plain port", Raw("\x15\x03\x01\x00\x02\x02\x46")), // a fatal alert
		withTLS("F17", "HTTP/2 offered", modify(func(c *tls.Config) { c.NextProtos = []string{"h2", "http/1.1"} })),
	}
}

// asTLS makes the URL claim TLS where there is none.
func asTLS(s *Server) *Server {
	s.URL = "https" + strings.TrimPrefix(s.URL, "http")
	return s
}

// plainOnTLS answers a TLS greeting in plain HTTP, as web servers do.
func plainOnTLS() Behaviour {
	return func(c *Conn) {
		if _, err := c.Read(make([]byte, 1024)); err == nil && c.Say(format(http.StatusBadRequest, nil, "")) {
			c.Hold()
		}
	}
}

// refused is the URL of a port where nothing listens. The port is the local one
// of an open connection, so that nobody else begins to listen there.
func refused(tb testing.TB) *Server {
	tb.Helper()
	s := New(tb, Silent())
	conn, err := net.Dial("tcp", s.listener.Addr().String())
	if err != nil {
		tb.Fatalf("dial: %v", err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	s.URL = "http://" + conn.LocalAddr().String() + Path
	return s
}
