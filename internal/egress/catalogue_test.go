package egress_test

import (
	"context"
	"log"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/internal/testkit/hostile"
)

func TestMain(m *testing.M) {
	log.SetOutput(egress.NewStdLog(slog.New(slog.DiscardHandler)))
	goleak.VerifyTestMain(m)
}

// guardTime is when a test gives up waiting for what must end by itself.
const guardTime = 30 * time.Second

// outcome is what the sender must make of a case.
type outcome struct {
	class  taskhook.Class
	status int
	text   string // part of the sentence
	hangs  bool   // ends only with the time of the whole request
	retry  bool   // asks for a later retry
	broke  bool   // the connection broke after the status
}

func outcomes() map[string]outcome {
	ok := func(status int) outcome { return outcome{class: taskhook.ClassOK, status: status} }
	status := func(code int) outcome {
		return outcome{class: taskhook.ClassStatus, status: code, text: "only a 2xx"}
	}
	redirect := func(code int, text string) outcome {
		return outcome{class: taskhook.ClassRedirect, status: code, text: text}
	}
	failed := func(class taskhook.Class, text string) outcome { return outcome{class: class, text: text} }
	return map[string]outcome{
		"silent":                 {class: taskhook.ClassTimeout, text: "no answer within 500 ms", hangs: true},
		"refused":                failed(taskhook.ClassRefused, "nothing listens on 127.0.0.1:"),
		"header drip":            {class: taskhook.ClassTimeout, text: "no answer within 500 ms", hangs: true},
		"body drip":              ok(200),
		"body drip of a failure": status(500),
		"endless body":           ok(200),
		"gzip bomb":              ok(200),
		"huge header":            failed(taskhook.ClassProtocol, "too large"),
		"many headers":           failed(taskhook.ClassProtocol, "too large"),
		"endless headers":        failed(taskhook.ClassProtocol, "too large"),
		"flood of 100":           failed(taskhook.ClassProtocol, "too large"),
		"flood of 103":           failed(taskhook.ClassProtocol, "too large"),

		"redirect 301":              redirect(301, "points to other.example;"),
		"redirect 302 to metadata":  redirect(302, "points to 169.254.169.254;"),
		"redirect 303":              redirect(303, "points to 127.0.0.1;"),
		"redirect 307 loop":         redirect(307, "not followed"),
		"redirect 308 loop":         redirect(308, "not followed"),
		"redirect without location": redirect(302, "302 Found; redirects"),
		"redirect to nonsense":      redirect(302, "unreadable"),
		"switching protocols":       status(101),
		"gone":                      {class: taskhook.ClassGone, status: 410, text: "410"},

		"status OK":                        ok(200),
		"status Created":                   ok(201),
		"status Accepted":                  ok(202),
		"status No Content":                ok(204),
		"status Bad Request":               status(400),
		"status Unauthorized":              status(401),
		"status Forbidden":                 status(403),
		"status Not Found":                 status(404),
		"status Method Not Allowed":        status(405),
		"status Request Entity Too Large":  status(413),
		"status Unprocessable Entity":      status(422),
		"status 5xx Internal Server Error": status(500),
		"status 5xx Bad Gateway":           status(502),
		"status 5xx Gateway Timeout":       status(504),
		"status 5xx":                       status(599),
		"retry-after seconds":              {class: taskhook.ClassStatus, status: 429, text: "429", retry: true},
		"retry-after date":                 {class: taskhook.ClassStatus, status: 503, text: "503", retry: true},
		"retry-after past date":            status(503),
		"retry-after negative":             status(429),
		"retry-after absurd":               status(429),
		"retry-after junk":                 status(503),
		"reset in the body":                {class: taskhook.ClassOK, status: 200, broke: true},
		"close in the body":                {class: taskhook.ClassOK, status: 200, broke: true},
		"close in the body of a failure":   {class: taskhook.ClassStatus, status: 503, text: "503", broke: true},
		"close before status":              failed(taskhook.ClassNetwork, "broke before an answer"),
		"reset before status":              failed(taskhook.ClassNetwork, "broke before an answer"),
		"close on accept":                  failed(taskhook.ClassNetwork, "broke before an answer"),
		"close in headers":                 failed(taskhook.ClassNetwork, "broke before an answer"),
		"close on reuse":                   ok(200),
		"close each":                       ok(200),
		"no HTTP":                          failed(taskhook.ClassProtocol, "not proper HTTP"),
		"status without code":              failed(taskhook.ClassProtocol, "not proper HTTP"),
		"status of four digits":            failed(taskhook.ClassProtocol, "not proper HTTP"),
		"status zero":                      failed(taskhook.ClassProtocol, "not proper HTTP"),
		"bad chunking":                     {class: taskhook.ClassOK, status: 200, broke: true},
		"bad chunking of a failure":        {class: taskhook.ClassStatus, status: 500, text: "500", broke: true},
		"two lengths":                      failed(taskhook.ClassProtocol, "not proper HTTP"),
		"length and chunks":                ok(200),
		"NUL in a header name":             failed(taskhook.ClassProtocol, "not proper HTTP"),
		"NUL in the status line":           failed(taskhook.ClassProtocol, "not proper HTTP"),
		"HTTP/0.9":                         failed(taskhook.ClassProtocol, "not proper HTTP"),
		"HTTP/2 preface":                   failed(taskhook.ClassProtocol, "not proper HTTP"),
		"HTTP/2 settings":                  failed(taskhook.ClassProtocol, "not proper HTTP"),
		"extra bytes":                      ok(200),
		"tls valid":                        ok(200),
		"tls self-signed":                  failed(taskhook.ClassTLS, "self-signed"),
		"tls wrong host":                   failed(taskhook.ClassTLS, "not valid for 127.0.0.1"),
		"tls expired":                      failed(taskhook.ClassTLS, "has expired"),
		"tls 1.1 only":                     failed(taskhook.ClassTLS, "protocol version"),
		"tls client certificate":           failed(taskhook.ClassTLS, "certificate required"),
		"tls stalled":                      failed(taskhook.ClassTLS, "not completed within 500 ms"),
		"tls closed":                       failed(taskhook.ClassTLS, "broke during the TLS handshake"),
		"plain http on a tls port":         failed(taskhook.ClassTLS, "does not speak TLS"),
		"tls on a plain port":              failed(taskhook.ClassProtocol, "not proper HTTP"),
		"HTTP/2 offered":                   ok(200),
	}
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	ca := hostile.NewAuthority(t)
	wanted := outcomes()
	for _, c := range hostile.Cases() {
		want, ok := wanted[c.Name]
		if !ok {
			t.Errorf("%s %s: no outcome is stated", c.Fault, c.Name)
			continue
		}
		t.Run(c.Fault+"/"+c.Name, func(t *testing.T) {
			t.Parallel()
			limits := egress.Options{RootCAs: ca.Pool}
			if c.Name == "tls stalled" {
				limits.TLS = 500 * time.Millisecond
			}
			if strings.HasPrefix(c.Name, "body drip") {
				limits.ReadBytes = 16
			}
			sender := egress.NewSender(egress.Dev(), limits)
			defer sender.Close()
			limit := guardTime
			if want.hangs {
				limit = 500 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			server := c.Start(t, ca)
			got := sender.Send(ctx, post(t, server.URL))
			compare(t, got, want)
			if n := len(server.Requests()); n > 1 {
				t.Errorf("%d requests were made, want one", n)
			}
		})
	}
}

func compare(t *testing.T, got egress.Result, want outcome) {
	t.Helper()
	if got.Class != want.class || got.Status != want.status {
		t.Errorf("class %q, status %d (%v), want %q, %d", got.Class, got.Status, got.Err, want.class, want.status)
	}
	if !strings.Contains(got.Error, want.text) || (got.Error == "") != (want.class == taskhook.ClassOK) {
		t.Errorf("sentence is %q, want it with %q", got.Error, want.text)
	}
	if (got.RetryAfter > 0) != want.retry {
		t.Errorf("retry after %v", got.RetryAfter)
	}
	if want.status != 0 && (got.Err != nil) != want.broke {
		t.Errorf("cause is %v", got.Err)
	}
	if len(got.Response) > 4<<10 {
		t.Errorf("%d bytes of the body were kept", len(got.Response))
	}
}

func post(t testing.TB, raw string) *egress.Request {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	header := map[string][]string{"Content-Type": {"application/json"}}
	return &egress.Request{URL: u, Header: header, Body: []byte(`{"id":"evt_1"}`)}
}
