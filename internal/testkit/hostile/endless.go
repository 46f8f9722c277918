package hostile

import (
	"strings"
	"time"
)

// Silent accepts, reads, and never answers.
func Silent() Behaviour { return (*Conn).Hold }

// HeaderDrip sends an endless header, one byte per interval.
func HeaderDrip(every time.Duration) Behaviour {
	return func(c *Conn) {
		if c.ReadRequest() && c.Say("HTTP/1.1 200 OK\r\nX-Drip: ") {
			c.drip(every)
		}
	}
}

// BodyDrip answers with the status at once and then sends a body without end,
// one byte per interval.
func BodyDrip(status string, every time.Duration) Behaviour {
	return func(c *Conn) {
		if c.ReadRequest() && c.Say("HTTP/1.1 "+status+"\r\n\r\n") {
			c.drip(every)
		}
	}
}

// drip writes one byte per interval until the connection or the test ends.
func (c *Conn) drip(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for c.Say("x") {
		select {
		case <-ticker.C:
		case <-c.server.stop:
			return
		}
	}
}

// EndlessBody answers 200 and a body that never ends, as fast as it is taken.
func EndlessBody() Behaviour {
	return func(c *Conn) {
		if c.ReadRequest() && c.Say("HTTP/1.1 200 OK\r\n\r\n") {
			c.flood(strings.Repeat("x", 4096))
		}
	}
}

// EndlessHeaders answers 200 and headers that never end.
func EndlessHeaders() Behaviour {
	return func(c *Conn) {
		if c.ReadRequest() && c.Say("HTTP/1.1 200 OK\r\n") {
			c.flood("X-Again: and again\r\n")
		}
	}
}

// InterimFlood sends 1xx answers without end.
func InterimFlood(status string) Behaviour {
	return func(c *Conn) {
		if c.ReadRequest() {
			c.flood("HTTP/1.1 " + status + "\r\n\r\n")
		}
	}
}

// flood writes the text until the connection ends.
func (c *Conn) flood(text string) {
	for c.Say(text) {
	}
}
