package dashboard

import (
	"bytes"
	"errors"
	"net/http"
	"time"

	"github.com/taskhook/taskhook"
)

const (
	eventStream = "text/event-stream"

	// maxStreams is how many pages are followed at the same time, and liveInterval
	// how often each is looked at; both bound what an open page costs.
	maxStreams   = 200
	liveInterval = time.Second

	// heartbeat is how often a silent stream shows that it lives, streamLife when
	// the browser is made to open it anew, and writeLimit how long a write may wait
	// for a browser that reads no more.
	heartbeat  = 15 * time.Second
	streamLife = 15 * time.Minute
	writeLimit = 10 * time.Second
)

// stream sends a page's main part now and each time that it would look different.
// It ends with the session, with the server, and with the page's subject; the
// browser then tries again by itself, or stays with what it shows.
func (d *Dashboard) stream(w http.ResponseWriter, r *http.Request, scope taskhook.Scope, load pageFunc) {
	select {
	case d.streams <- struct{}{}:
		defer func() { <-d.streams }()
	default:
		http.Error(w, "Too many pages are followed live; reload to see what is new.", http.StatusServiceUnavailable)
		return
	}
	main, err := d.main(r, scope, load)
	if err != nil {
		http.Error(w, "This page can't be followed; reload it.", http.StatusForbidden)
		return
	}
	out := &streamWriter{w: w, control: http.NewResponseController(w)}
	out.open()
	tick := time.NewTicker(liveInterval)
	defer tick.Stop()
	var shown []byte
	for end := time.Now().Add(streamLife); ; {
		if !bytes.Equal(main, shown) {
			shown = main
			err = out.send(main)
		} else {
			err = out.beat()
		}
		if err != nil || time.Now().After(end) || d.Stopping() {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
		if main, err = d.main(r, scope, load); err != nil {
			return
		}
	}
}

// main renders what a page would show now to who is still signed in.
func (d *Dashboard) main(r *http.Request, scope taskhook.Scope, load pageFunc) ([]byte, error) {
	s, err := d.identify(r)
	if err != nil {
		return nil, err
	}
	v, err := permitted(r, s, scope, load)
	if err != nil {
		return nil, err
	}
	if v.still {
		return nil, errors.New("the page does not change")
	}
	return d.templates.render(v.template, "main", v.data)
}

// streamWriter writes server-sent events.
type streamWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	last    time.Time // of the last write
}

// open sends the headers. Not every writer has deadlines; the server's does.
func (s *streamWriter) open() {
	s.control.SetReadDeadline(time.Time{})
	s.w.Header().Set("Content-Type", eventStream)
	s.w.Header().Set("X-Accel-Buffering", "no") // for proxies
	s.w.WriteHeader(http.StatusOK)
}

// send sends one event with the text, line by line.
func (s *streamWriter) send(text []byte) error {
	var b bytes.Buffer
	for line := range bytes.Lines(text) {
		b.WriteString("data: ")
		b.Write(bytes.TrimRight(line, "\r\n"))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return s.write(b.Bytes())
}

// beat sends a comment if nothing was sent for long.
func (s *streamWriter) beat() error {
	if time.Since(s.last) < heartbeat {
		return nil
	}
	return s.write([]byte(":\n\n"))
}

func (s *streamWriter) write(text []byte) error {
	s.last = time.Now()
	s.control.SetWriteDeadline(s.last.Add(writeLimit))
	if _, err := s.w.Write(text); err != nil {
		return err
	}
	return s.control.Flush()
}
