package bench

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"
)

// generate opens the connections of the generator, which is made to cost little
// beside the server that it shares the machine with: it writes finished bytes and
// reads of an answer no more than where it ends.
func generate(ctx context.Context, a *assignment) (workers []worker, err error) {
	want := fmt.Appendf(nil, "HTTP/1.1 %d ", a.Status)
	for i := range a.Connections {
		target, err := url.Parse(a.Servers[i%len(a.Servers)])
		if err != nil {
			return nil, err
		}
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", target.Host)
		if err != nil {
			return nil, err
		}
		requests := make([][]byte, len(a.Calls)) // its own, if it writes into them
		for n, c := range a.Calls {
			requests[n] = fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
				c.Path, target.Host, a.Header, len(c.Body), c.Body)
		}
		workers = append(workers, func(_ context.Context, next turns, done func(time.Time)) error {
			defer conn.Close()
			return a.repeat(conn, requests, want, next, done)
		})
	}
	return workers, nil
}

// repeat makes one request after the other.
func (a *assignment) repeat(conn net.Conn, requests [][]byte, want []byte, next turns, done func(time.Time)) error {
	buffer := make([]byte, 8192)
	for {
		n, planned, ok := next()
		if !ok {
			return nil
		}
		request := requests[n%len(requests)]
		if a.Rate > 0 && n > a.Warm {
			plan(request, planned)
		}
		if _, err := conn.Write(request); err != nil {
			return err
		}
		if err := answered(conn, buffer, want); err != nil {
			return err
		}
		if n > a.Warm {
			done(planned)
		}
	}
}

// answered reads one answer, which must begin as wanted, and have a Content-Length
// that fits the buffer.
func answered(conn net.Conn, buffer, want []byte) error {
	for read, end := 0, 0; end == 0 || read < end; {
		n, err := conn.Read(buffer[read:])
		if err != nil {
			return fmt.Errorf("read an answer: %w", err)
		}
		read += n
		if end == 0 {
			end = answerEnd(buffer[:read])
		}
		if end > len(buffer) || read == len(buffer) {
			return fmt.Errorf("an answer is larger than %d bytes", len(buffer))
		}
		if end > 0 && !bytes.HasPrefix(buffer, want) {
			return fmt.Errorf("an answer is not %q: %.500q", want, buffer[:read])
		}
	}
	return nil
}

// answerEnd returns the length of the answer that begins here, 0 while its headers
// have not all come. Without a Content-Length it ends with the headers.
func answerEnd(b []byte) int {
	head := bytes.Index(b, []byte("\r\n\r\n"))
	if head < 0 {
		return 0
	}
	end := head + 4
	const name = "\r\nContent-Length: "
	if i := bytes.Index(b[:head], []byte(name)); i >= 0 {
		value, _, _ := bytes.Cut(b[i+len(name):], []byte("\r"))
		if length, err := strconv.Atoi(string(value)); err == nil {
			end += length
		}
	}
	return end
}
