package httpserver

import (
	"bytes"
	"net/http"
	"time"
)

// EventStreamType is the media type of server-sent events.
const EventStreamType = "text/event-stream"

// heartbeat is how often a silent stream shows that it lives, and streamWriteLimit how
// long a write may wait for a client that reads no more.
const (
	heartbeat        = 15 * time.Second
	streamWriteLimit = 10 * time.Second
)

// Stream writes server-sent events, for as long as its handler does not return.
type Stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	last    time.Time // of the last write
}

// StreamEvent is one event of a stream. ID and Type may be empty, and must not hold line
// breaks.
type StreamEvent struct {
	ID   string // that a client sends as Last-Event-ID when it comes again
	Type string
	Data []byte // written line by line
}

// OpenStream begins an answer that is a stream. Not every writer has deadlines; the
// server's does, which this lifts.
func OpenStream(w http.ResponseWriter) *Stream {
	s := &Stream{w: w, control: http.NewResponseController(w)}
	s.control.SetReadDeadline(time.Time{})
	w.Header().Set("Content-Type", EventStreamType)
	w.Header().Set("X-Accel-Buffering", "no") // for proxies
	w.WriteHeader(http.StatusOK)
	return s
}

// Send writes events at once.
func (s *Stream) Send(events ...StreamEvent) error {
	var b bytes.Buffer
	for _, e := range events {
		if e.ID != "" {
			b.WriteString("id: " + e.ID + "\n")
		}
		if e.Type != "" {
			b.WriteString("event: " + e.Type + "\n")
		}
		for line := range bytes.Lines(e.Data) {
			b.WriteString("data: ")
			b.Write(bytes.TrimRight(line, "\r\n"))
			b.WriteByte('\n')
		}
		b.WriteByte('\n')
	}
	return s.write(b.Bytes())
}

// Beat sends a comment if nothing was sent for long.
func (s *Stream) Beat() error {
	if time.Since(s.last) < heartbeat {
		return nil
	}
	return s.write([]byte(":\n\n"))
}

func (s *Stream) write(text []byte) error {
	s.last = time.Now()
	s.control.SetWriteDeadline(s.last.Add(streamWriteLimit))
	if _, err := s.w.Write(text); err != nil {
		return err
	}
	return s.control.Flush()
}
