package hostile

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
)

// Raw reads a request, writes the text as it is and closes.
func Raw(text string) Behaviour {
	return func(c *Conn) {
		if c.ReadRequest() {
			c.Say(text)
		}
	}
}

// Status answers every request of a connection with the status. Each header is
// a line such as "Retry-After: 5".
func Status(code int, headers ...string) Behaviour {
	answer := format(code, headers, "")
	return func(c *Conn) {
		for c.ReadRequest() && c.Say(answer) {
		}
	}
}

// OK is a receiver that behaves well.
func OK() Behaviour { return Status(http.StatusOK) }

// Body answers every request of a connection with status 200 and the body.
func Body(body string) Behaviour {
	answer := format(http.StatusOK, nil, body)
	return func(c *Conn) {
		for c.ReadRequest() && c.Say(answer) {
		}
	}
}

// format returns a proper answer.
func format(code int, headers []string, body string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", code, http.StatusText(code))
	for _, line := range headers {
		b.WriteString(line + "\r\n")
	}
	if code >= 200 && code != http.StatusNoContent {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n" + body)
	return b.String()
}

// Redirect answers with a redirect to the location.
func Redirect(code int, location string) Behaviour {
	return Status(code, "Location: "+location)
}

// RetryAfter answers with the status and the value.
func RetryAfter(code int, value string) Behaviour {
	return Status(code, "Retry-After: "+value)
}

// SwitchProtocols answers 101 and then keeps the connection open in silence.
func SwitchProtocols() Behaviour {
	return func(c *Conn) {
		if c.ReadRequest() && c.Say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: evil\r\n\r\n") {
			c.Hold()
		}
	}
}

// GzipBomb answers 200 with a small body that unpacks to size bytes.
func GzipBomb(size int) Behaviour {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(make([]byte, size)) // into memory, which does not fail
	_ = w.Close()
	return Raw(format(http.StatusOK, []string{"Content-Encoding: gzip"}, packed.String()))
}

// HugeHeader answers 200 with one header of size bytes.
func HugeHeader(size int) Behaviour {
	return Raw(format(http.StatusOK, []string{"X-Huge: " + strings.Repeat("x", size)}, ""))
}

// ManyHeaders answers 200 with so many headers.
func ManyHeaders(count int) Behaviour {
	lines := make([]string, count)
	for i := range lines {
		lines[i] = fmt.Sprintf("X-Header-%d: %d", i, i)
	}
	return Raw(format(http.StatusOK, lines, ""))
}

// ExtraBytes gives a proper answer and more after it, on a connection that
// stays open.
func ExtraBytes(extra string) Behaviour {
	answer := format(http.StatusOK, nil, "ok") + extra
	return func(c *Conn) {
		if c.ReadRequest() && c.Say(answer) {
			c.Hold()
		}
	}
}
