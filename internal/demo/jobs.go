package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/taskhook/taskhook/webhook"
)

// jobs receives what is sent to URLs that were given with a submission. Nobody
// registered them, so it checks signatures with the server's public key alone.
type jobs struct {
	mu       sync.Mutex
	verifier *webhook.Verifier
	came     map[string][]byte // the body of the first valid webhook, by the name in its path
	faults   []error
}

// trust sets the keys that webhooks must be signed with, those that the server at
// base publishes.
func (j *jobs) trust(ctx context.Context, base string) error {
	set, err := request(ctx, http.MethodGet, base+"/.well-known/jwks.json", "", nil)
	if err != nil {
		return err
	}
	keys, err := webhook.ParseJWKS(set)
	if err != nil {
		return fmt.Errorf("read the server's public keys: %w", err)
	}
	v, err := webhook.NewJobVerifier(keys...)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.verifier = v
	return nil
}

// ServeHTTP receives a webhook.
func (j *jobs) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	j.mu.Lock()
	verifier := j.verifier
	j.mu.Unlock()
	body, err := []byte(nil), errors.New("it came before anything was submitted")
	if verifier != nil {
		body, err = verifier.VerifyRequest(req)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil {
		j.faults = append(j.faults, fmt.Errorf("a webhook was not valid: %w", err))
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	if name := req.PathValue("name"); j.came[name] == nil {
		j.came[name] = body
	}
	w.WriteHeader(http.StatusNoContent)
}

// body returns what came under a name, or nil, and the first thing that was wrong.
func (j *jobs) body(name string) ([]byte, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.came[name], errors.Join(j.faults...)
}

// request sends a request and returns the answer, which must be a good one.
func request(ctx context.Context, method, url, body string, header http.Header) (answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err // it names the method and the URL already
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if answer, err = io.ReadAll(res.Body); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return nil, fmt.Errorf("%s %s is answered with %s: %.200s", method, url, res.Status, answer)
	}
	return answer, nil
}
