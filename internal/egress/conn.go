package egress

import (
	"bufio"
	"bytes"
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"
)

// errHeaders is what is read when an answer's headers go on and on.
var errHeaders = errors.New("headers exceed the limit")

// conn is a connection that carries one request at a time, written and read by
// the goroutine that sends. The Transport of net/http hands each request to two
// further goroutines, since it serves HTTP/2, proxies and streams too; that alone
// was a tenth of what a webhook costs (docs/performance.md).
//
// What is read is parsed by net/http all the same.
type conn struct {
	net.Conn
	key   poolKey
	in    *bufio.Reader // over Read
	out   bytes.Buffer
	room  int64       // how much more may be read
	heard bool        // something was read since the request began
	leave func() bool // ends the watch over the request's context

	used      bool // it has carried a request before
	idleSince time.Time
	place     *list.Element   // among all that are idle
	raw       syscall.RawConn // nil: there is none
	peek      func(fd uintptr) (done bool)
	silent    bool // peek saw nothing
}

func newConn(made net.Conn, key poolKey) *conn {
	c := &conn{Conn: made, key: key}
	c.in = bufio.NewReader(c)
	c.peek = c.lookAt
	if socket, ok := c.beneath().(syscall.Conn); ok {
		c.raw, _ = socket.SyscallConn() // fails on a closed connection, which the first use will show
	}
	return c
}

// beneath returns the connection that TLS, if any, runs on.
func (c *conn) beneath() net.Conn {
	if secured, ok := c.Conn.(*tls.Conn); ok {
		return secured.NetConn()
	}
	return c.Conn
}

// Close closes without the farewell of TLS, which a receiver that does not read
// could hold up.
func (c *conn) Close() error { return c.beneath().Close() }

// Read reads no more than there is room for.
func (c *conn) Read(p []byte) (int, error) {
	if c.room <= 0 {
		return 0, errHeaders
	}
	n, err := c.Conn.Read(p[:min(int64(len(p)), c.room)])
	c.room -= int64(n)
	c.heard = c.heard || n > 0
	return n, err
}

// roundTrip makes a request and reads the answer up to its body. The end of ctx
// breaks off what is read and written until finish.
func (c *conn) roundTrip(ctx context.Context, r *Request, headerBytes int64) (*http.Response, error) {
	c.heard, c.room = false, headerBytes
	c.leave = context.AfterFunc(ctx, func() {
		_ = c.SetDeadline(time.Unix(1, 0)) // fails on a connection that is closed, which is as good
	})
	wrote := c.write(r)
	// An answer may have come before the receiver stopped reading.
	answer, err := c.readAnswer()
	if err != nil {
		return nil, explain(ctx, errors.Join(wrote, err))
	}
	answer.Close = answer.Close || wrote != nil
	c.room = math.MaxInt64
	return answer, nil
}

// aPacket is up to how many bytes a body is copied, to leave together with the
// headers.
const aPacket = 16 << 10

func (c *conn) write(r *Request) error {
	c.out.Reset()
	c.out.WriteString("POST ")
	c.out.WriteString(r.URL.RequestURI())
	c.out.WriteString(" HTTP/1.1\r\nHost: ")
	c.out.WriteString(r.URL.Host)
	c.out.WriteString("\r\nContent-Length: ")
	c.out.Write(strconv.AppendInt(c.out.AvailableBuffer(), int64(len(r.Body)), 10))
	c.out.WriteString("\r\n")
	if err := r.Header.Write(&c.out); err != nil { // it keeps line breaks out of the values
		return err
	}
	c.out.WriteString("\r\n")
	body := r.Body
	if len(body) <= aPacket {
		c.out.Write(body)
		body = nil
	}
	_, err := c.Conn.Write(c.out.Bytes())
	if err == nil && len(body) > 0 {
		_, err = c.Conn.Write(body)
	}
	return err
}

// readAnswer skips interim answers but the one that would change the protocol.
func (c *conn) readAnswer() (*http.Response, error) {
	for {
		answer, err := http.ReadResponse(c.in, nil)
		if err != nil && c.room <= 0 {
			return nil, errHeaders // whatever the half of them looked like
		}
		if err != nil {
			return nil, err
		}
		interim := answer.StatusCode >= 100 && answer.StatusCode < 200
		if !interim || answer.StatusCode == http.StatusSwitchingProtocols {
			return answer, nil
		}
	}
}

// finish ends a request whose answer was read whole or given up, and reports
// whether the connection can carry another one.
func (c *conn) finish(answer *http.Response, whole bool) (reusable bool) {
	undisturbed := c.leave()
	return undisturbed && whole && !answer.Close && c.in.Buffered() == 0
}

// explain puts the context's error in the place of the one that it caused.
func explain(ctx context.Context, err error) error {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", context.Cause(ctx), err)
}

// quiet reports whether nothing came in while the connection was idle. Receivers
// that give up waiting close it, and some say 408 before, which must not be taken
// for the answer to the next request.
func (c *conn) quiet() bool {
	if _, secured := c.Conn.(*tls.Conn); secured && !c.drained() {
		return false
	}
	return c.socketQuiet()
}

// drained reports whether TLS holds nothing that it has read with the answer
// before: a read that may not touch the socket finds nothing.
func (c *conn) drained() bool {
	c.room = 1
	if c.SetReadDeadline(time.Unix(1, 0)) != nil {
		return false
	}
	_, err := c.in.Peek(1)
	return errors.Is(err, os.ErrDeadlineExceeded) && c.SetReadDeadline(time.Time{}) == nil
}
