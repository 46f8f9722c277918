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
	target, err := url.Parse(a.URL)
	if err != nil {
		return nil, err
	}
	request := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		target.Path, target.Host, a.Key, len(a.Body), a.Body)
	for range a.Connections {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", target.Host)
		if err != nil {
			return nil, err
		}
		workers = append(workers, func(_ context.Context, next func() (int, bool), done func(time.Time)) error {
			defer conn.Close()
			return repeat(conn, request, next, done)
		})
	}
	return workers, nil
}

// repeat makes one request after the other.
func repeat(conn net.Conn, request []byte, next func() (int, bool), done func(time.Time)) error {
	buffer := make([]byte, 8192)
	for {
		if _, ok := next(); !ok {
			return nil
		}
		start := time.Now()
		if _, err := conn.Write(request); err != nil {
			return err
		}
		if err := accepted(conn, buffer); err != nil {
			return err
		}
		done(start)
	}
}

// accepted reads one answer, which must be a 202 with a Content-Length that fits
// the buffer.
func accepted(conn net.Conn, buffer []byte) error {
	const accepted = "HTTP/1.1 202 "
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
		if end > 0 && !bytes.HasPrefix(buffer, []byte(accepted)) {
			return fmt.Errorf("an answer is not a 202: %.500q", buffer[:read])
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
