package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/itchyny/gojq"
)

// maxAnswer bounds an answer, which may have its results in it.
const maxAnswer = 64 << 20

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
	json   any // nil when the body is none
}

// ask makes a call, when the account's limit allows it, and reads its answer.
func (a *Adapter) ask(ctx context.Context, r *request, in any, s *scope) (*answer, error) {
	q, err := a.prepare(ctx, r, in, s)
	if err == nil {
		err = a.memory.pace(a).Wait(ctx)
	}
	if err != nil {
		return nil, err
	}
	return a.exchange(ctx, q)
}

// exchange sends a request and reads the answer, within the time of a call.
func (a *Adapter) exchange(ctx context.Context, q *http.Request) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, a.program.Timeout)
	defer cancel()
	got, err := a.options.API.Do(q.WithContext(ctx))
	if broken, ok := errors.AsType[*url.Error](err); ok {
		err = broken.Err // without the URL, which may hold a secret
	}
	if err != nil {
		return nil, err
	}
	defer got.Body.Close()
	body, err := io.ReadAll(io.LimitReader(got.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = fmt.Errorf("the answer has more than %d bytes", maxAnswer)
	}
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	found := &answer{status: got.StatusCode, header: got.Header, body: body}
	if found.json, err = decode(body); err != nil {
		found.json = nil
	}
	return found, nil
}

// prepare fills in a request.
func (a *Adapter) prepare(ctx context.Context, r *request, in any, s *scope) (*http.Request, error) {
	path, err := r.path.text(ctx, in, s)
	if err != nil {
		return nil, fmt.Errorf("make the path: %w", err)
	}
	if path, err = plainSlashes(path); err != nil {
		return nil, err
	}
	query, err := fillQuery(ctx, in, s, r.query)
	if err != nil {
		return nil, err
	}
	var body io.Reader
	if r.body != nil {
		value, err := r.body.first(ctx, in, s)
		if err != nil {
			return nil, fmt.Errorf("make the body: %w", err)
		}
		encoded, err := gojq.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("write the body: %w", err)
		}
		body = bytes.NewReader(encoded)
	}
	q, err := http.NewRequestWithContext(ctx, r.method, a.program.base.String()+path+query, body)
	if err != nil {
		return nil, errors.New("make the request: the path is not one of a URL")
	}
	q.Header.Set("User-Agent", "taskhook")
	q.Header.Set("Accept", "application/json")
	if body != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	return q, a.fill(ctx, q, in, s, a.program.headers, r.headers)
}

// plainSlashes lets what was put into a path have slashes, as names of models do,
// but not lead elsewhere.
func plainSlashes(path string) (string, error) {
	path = strings.ReplaceAll(path, "%2F", "/")
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return "", errors.New("make the path: it would lead elsewhere")
		}
	}
	return path, nil
}

// fillQuery returns the query of a URL, with its question mark.
func fillQuery(ctx context.Context, in any, s *scope, list map[string]*expression) (string, error) {
	query := url.Values{}
	for name, e := range list {
		value, err := e.text(ctx, in, s)
		if err != nil {
			return "", fmt.Errorf("make %s of the query: %w", name, err)
		}
		if value != "" {
			query.Set(name, value)
		}
	}
	if len(query) == 0 {
		return "", nil
	}
	return "?" + query.Encode(), nil
}

// fill sets headers; later ones win.
func (a *Adapter) fill(ctx context.Context, q *http.Request, in any, s *scope, headers ...map[string]*expression) error {
	for _, list := range headers {
		for name, e := range list {
			value, err := e.text(ctx, in, s)
			if err != nil {
				return fmt.Errorf("make the header %s: %w", name, err)
			}
			q.Header.Set(name, value)
		}
	}
	return nil
}

// retryAfter is what an answer asks to wait; 0: nothing.
func (a *answer) retryAfter(now time.Time) time.Duration {
	text := strings.TrimSpace(a.header.Get("Retry-After"))
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 86400)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// excerpt is the beginning of an answer, for the log.
func (a *Adapter) excerpt(got *answer) string {
	const most = 300
	return a.redact(fmt.Sprintf("status %d: %s", got.status, bytes.ToValidUTF8(got.body[:min(len(got.body), most)], []byte("?"))))
}

// redact takes secrets out of a text that others see.
func (a *Adapter) redact(text string) string {
	for _, secret := range a.secrets {
		if value, ok := secret.(string); ok && len(value) >= 4 {
			text = strings.ReplaceAll(text, value, "…")
		}
	}
	return text
}
