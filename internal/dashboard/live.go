package dashboard

import (
	"bytes"
	"errors"
	"net/http"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

const (
	// maxStreams is how many pages are followed at the same time, and liveInterval
	// how often each is looked at; both bound what an open page costs.
	maxStreams   = 200
	liveInterval = time.Second

	// streamLife is when the browser is made to open a stream anew.
	streamLife = 15 * time.Minute
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
	out := httpserver.OpenStream(w)
	tick := time.NewTicker(liveInterval)
	defer tick.Stop()
	var shown []byte
	for end := time.Now().Add(streamLife); ; {
		if !bytes.Equal(main, shown) {
			shown = main
			err = out.Send(httpserver.StreamEvent{Data: main})
		} else {
			err = out.Beat()
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
