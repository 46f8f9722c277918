package upstream

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

// fetchTries is how often a result is fetched.
const fetchTries = 3

// linked is a result behind a link, or within it.
func linked(link string, o output) (*output, error) {
	if data, ok := strings.CutPrefix(link, "data:"); ok {
		kind, encoded, found := strings.Cut(data, ",")
		if !found || !strings.HasSuffix(kind, ";base64") {
			return nil, errors.New("the data: link is not in base64")
		}
		return decoded(encoded, o)
	}
	o.link = link
	return &o, nil
}

func decoded(encoded string, o output) (_ *output, err error) {
	o.inline, err = base64.StdEncoding.DecodeString(encoded)
	return &o, err
}

// collect hands all results over.
func (a *Adapter) collect(ctx context.Context, r provider.Request, s *scope, last *standing, sink provider.Sink) error {
	for _, o := range last.outputs {
		about := provider.Output{Name: o.name, Safety: o.safety}
		if o.link == "" {
			if err := sink.Output(ctx, about, a.bounded(bytes.NewReader(o.inline))); err != nil {
				return err
			}
			continue
		}
		if err := a.fetch(ctx, r, s, o.link, about, sink); err != nil {
			return err
		}
	}
	return nil
}

// fetch gets one result, again when it breaks off.
func (a *Adapter) fetch(ctx context.Context, r provider.Request, s *scope, link string, about provider.Output, sink provider.Sink) (err error) {
	for try := range fetchTries {
		if err = a.pause(ctx, time.Duration(try)*time.Second); err != nil {
			return err
		}
		err = a.fetchOnce(ctx, r, s, link, about, sink)
		if _, broken := errors.AsType[*linkError](err); !broken {
			return err
		}
	}
	return err
}

func (a *Adapter) fetchOnce(ctx context.Context, r provider.Request, s *scope, link string, about provider.Output, sink provider.Sink) error {
	u, err := a.program.base.Parse(link)
	if err != nil {
		return provider.Permanent(taskhook.TaskErrorProvider, "The provider's link to the result can't be read.")
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return provider.Permanent(taskhook.TaskErrorProvider, "The provider's link to the result can't be read.")
	}
	got, err := a.get(ctx, q, s)
	if err != nil {
		return a.unreachable(err)
	}
	defer got.Body.Close()
	kind := got.Header.Get("Content-Type")
	switch {
	case got.StatusCode != http.StatusOK:
		return &linkError{fmt.Errorf("it answered with status %d", got.StatusCode)}
	case !mayBe(kind, r.Medium):
		return &linkError{fmt.Errorf("it leads to %.80q, not to a result of the kind %s", kind, r.Medium)}
	}
	if about.Name == "" {
		about.Name = path.Base(u.Path)
	}
	body := a.bounded(got.Body)
	err = sink.Output(ctx, about, body)
	if body.broken != nil && !provider.IsPermanent(err) {
		return &linkError{body.broken}
	}
	return err
}

// mayBe reports whether what is said to be of a media type can be a result. Pages, and
// what servers say of faults, are none; others are known by their bytes.
func mayBe(kind string, medium taskhook.Medium) bool {
	kind, _, _ = strings.Cut(kind, ";")
	switch strings.TrimSpace(kind) {
	case "text/html":
		return medium == taskhook.MediumText
	case "application/json", "application/xml", "text/xml":
		return medium != taskhook.MediumImage && medium != taskhook.MediumVideo && medium != taskhook.MediumAudio
	}
	return true
}

// linkError is a link that led nowhere, or broke off; it may do so no more.
type linkError struct{ err error }

func (e *linkError) Error() string { return "fetch the provider's result: " + e.err.Error() }
func (e *linkError) Unwrap() error { return e.err }

// get follows a link to a result. What the API serves itself gets its headers;
// where it redirects to is somebody else.
func (a *Adapter) get(ctx context.Context, q *http.Request, s *scope) (*http.Response, error) {
	if q.URL.Scheme != a.program.base.Scheme || q.URL.Host != a.program.base.Host {
		return a.options.Fetch.Do(q)
	}
	if err := a.fill(ctx, q, nil, s, a.program.headers); err != nil {
		return nil, err
	}
	got, err := a.options.API.Do(q)
	if err != nil || got.StatusCode/100 != 3 {
		return got, err
	}
	got.Body.Close()
	to, err := got.Location()
	if err != nil {
		return nil, err
	}
	further, err := http.NewRequestWithContext(ctx, http.MethodGet, to.String(), nil)
	if err != nil {
		return nil, err
	}
	return a.options.Fetch.Do(further)
}

// unreachable says why a link could not be followed, without the link, which may
// hold a secret.
func (a *Adapter) unreachable(err error) error {
	if broken, ok := errors.AsType[*url.Error](err); ok {
		err = broken.Err
	}
	if a.options.Blocked != nil && a.options.Blocked(err) {
		return &provider.Failure{Code: taskhook.TaskErrorProvider, Err: err,
			Message: "The provider's link to the result leads to an address that is not fetched from."}
	}
	return &linkError{err}
}

// bounded fails when there is more to read than a result may have.
func (a *Adapter) bounded(r io.Reader) *boundedReader {
	return &boundedReader{r: r, left: a.program.MaxOutputBytes}
}

type boundedReader struct {
	r      io.Reader
	left   int64
	broken error // of r
}

func (b *boundedReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, provider.Permanent(taskhook.TaskErrorProvider, "The provider's result is larger than may be kept.")
	}
	if err != nil && err != io.EOF {
		b.broken = err
	}
	return n, err
}
