package hostile

// CloseBeforeStatus reads the request and closes.
func CloseBeforeStatus() Behaviour {
	return func(c *Conn) { c.ReadRequest() }
}

// ResetBeforeStatus reads the request and resets the connection.
func ResetBeforeStatus() Behaviour {
	return func(c *Conn) {
		c.ReadRequest()
		c.Reset()
	}
}

// CloseOnAccept closes without reading.
func CloseOnAccept() Behaviour { return func(*Conn) {} }

// CloseInHeaders closes in the middle of the answer's headers.
func CloseInHeaders() Behaviour { return Raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n") }

// CloseInBody answers with the status and closes in the middle of the body.
func CloseInBody(status string) Behaviour {
	return Raw("HTTP/1.1 " + status + "\r\nContent-Length: 1000\r\n\r\npart")
}

// ResetInBody answers with the status and resets the connection in the middle
// of the body.
func ResetInBody(status string) Behaviour {
	return func(c *Conn) {
		if c.ReadRequest() && c.Say("HTTP/1.1 "+status+"\r\nContent-Length: 1000\r\n\r\npart") {
			c.Reset()
		}
	}
}

// CloseOnReuse answers the first request of a connection, and closes when a
// second one comes in on it. The first one of the next connection is answered.
func CloseOnReuse() Behaviour {
	answer := format(200, nil, "ok")
	return func(c *Conn) {
		if c.ReadRequest() && c.Say(answer) {
			c.ReadRequest()
		}
	}
}

// CloseEach answers one request per connection without announcing the close.
func CloseEach() Behaviour { return Raw(format(200, nil, "ok")) }
