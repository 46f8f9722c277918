package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/provider/upstream"
)

// CheckProviders says what of the configured upstream APIs and their models can't
// be used, as a start of the server would, and returns the models that they run.
// Secrets need not be there.
func CheckProviders(cfg *config.Config) ([]*catalogue.Model, error) {
	models, _, err := upstreams(cfg, upstream.Options{Secret: func(string) (string, error) { return "", nil }})
	return models, err
}

func upstreams(cfg *config.Config, o upstream.Options) ([]*catalogue.Model, *provider.Registry, error) {
	known, err := loadCatalogue(cfg)
	if err != nil {
		return nil, nil, err
	}
	list, err := loadUpstreams(cfg.ProviderSources(), o)
	if err != nil {
		return nil, nil, err
	}
	adapters, err := provider.NewRegistry(list...)
	if err != nil {
		return nil, nil, err
	}
	var theirs []*catalogue.Model
	for _, m := range known.Models() {
		for _, v := range m.Vendors {
			if _, ok := adapters.Adapter(v.Adapter); ok {
				theirs = append(theirs, m.By(v))
			} else if strings.HasPrefix(v.Adapter, "http:") {
				return nil, nil, checkAdapters(known, adapters)
			}
		}
	}
	return theirs, adapters, nil
}

// Trial is one task at an upstream API, without a server and its storage.
type Trial struct {
	Model      string
	Capability string // may be empty when the model has but one
	Input      json.RawMessage
	Dir        string // where results are put
	Trace      io.Writer
}

// Run asks for the task, for real, shows each request and answer with secrets taken
// out, and keeps the results.
func (t *Trial) Run(ctx context.Context, cfg *config.Config) error {
	policy, err := egress.ParsePolicy(egress.Config{Dev: cfg.Dev, Allow: cfg.Allow, Ports: cfg.Ports})
	if err != nil {
		return err
	}
	o := upstreamOptions(policy)
	trace := &tracer{out: t.Trace}
	o.API, o.Fetch, o.Secret = trace.of(o.API), trace.of(o.Fetch), trace.secret
	models, adapters, err := upstreams(cfg, o)
	if err != nil {
		return err
	}
	m, err := t.find(models)
	if err != nil {
		return err
	}
	if err := m.Validate(t.Input); err != nil {
		return err
	}
	adapter, _ := adapters.Adapter(m.Adapter)
	ctx, cancel := context.WithTimeoutCause(ctx, m.Timeout, provider.ErrTimeout)
	defer cancel()
	now := time.Now()
	return adapter.Run(ctx, provider.Request{TaskID: taskhook.NewID(taskhook.PrefixTask, now), RunID: taskhook.NewID(taskhook.PrefixRun, now), Attempt: 1,
		Provider: m.Provider, Capability: m.Capability, Model: m.At(m.Adapter), Medium: m.Medium, Input: t.Input}, &trialSink{t})
}

func (t *Trial) find(models []*catalogue.Model) (*catalogue.Model, error) {
	var names []string
	for _, name := range []string{t.Model, catalogue.AnyName} {
		for _, m := range models {
			if m.Name == name && (t.Capability == "" || t.Capability == m.Capability) {
				named := *m
				named.Name = t.Model
				return &named, nil
			}
			names = append(names, m.Name)
		}
	}
	slices.Sort(names)
	return nil, fmt.Errorf("no model %q is run by these files; there are %s", t.Model, strings.Join(slices.Compact(names), ", "))
}

// trialSink is the provider.Sink of a Trial.
type trialSink struct{ *Trial }

func (s *trialSink) Progress(percent int) { fmt.Fprintf(s.Trace, "progress %d %%\n", percent) }

func (s *trialSink) Asking(context.Context) error { return nil }

func (s *trialSink) Sent(_ context.Context, handle string) error {
	_, err := fmt.Fprintf(s.Trace, "taken on as %s\n", handle)
	return err
}

func (s *trialSink) Output(_ context.Context, o provider.Output, r io.Reader) error {
	file, err := os.CreateTemp(s.Dir, "result-*"+filepath.Ext(filepath.Base(o.Name)))
	if err != nil {
		return fmt.Errorf("keep result: %w", err)
	}
	defer file.Close()
	n, err := io.Copy(file, r)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Trace, "result %s, %d bytes\n", file.Name(), n)
	return err
}

// tracer shows requests and answers.
type tracer struct {
	out io.Writer

	mu      sync.Mutex
	secrets []string
}

// secret reads one and remembers that it is not to be shown.
func (t *tracer) secret(from string) (string, error) {
	text, err := config.ReadSecret(from)
	if len(text) > 0 {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.secrets = append(t.secrets, text)
	}
	return text, err
}

func (t *tracer) show(mark, first string, h http.Header, body []byte) {
	const most = 4000
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", mark, first)
	for _, name := range []string{"Authorization", "Content-Type", "Idempotency-Key", "Retry-After", "Location"} {
		if v := h.Get(name); v != "" {
			fmt.Fprintf(&b, "%s %s: %s\n", mark, name, v)
		}
	}
	switch {
	case len(body) == 0:
	case bytes.ContainsRune(body[:min(len(body), most)], 0):
		fmt.Fprintf(&b, "%s (bytes)\n", mark)
	default:
		fmt.Fprintf(&b, "%s %.*s\n", mark, most, body)
	}
	text := b.String()
	for _, secret := range t.secrets {
		text = strings.ReplaceAll(text, secret, "…")
	}
	io.WriteString(t.out, text+"\n")
}

func (t *tracer) of(c upstream.Client) upstream.Client { return &traced{t, c} }

// traced is a client whose requests are shown.
type traced struct {
	*tracer
	upstream.Client
}

// Do implements upstream.Client. Of a long answer only the beginning is shown.
func (t *traced) Do(r *http.Request) (*http.Response, error) {
	var asked []byte
	if r.GetBody != nil {
		if body, err := r.GetBody(); err == nil {
			asked, _ = io.ReadAll(body) // it is in memory
		}
	}
	t.show(">", r.Method+" "+r.URL.String(), r.Header, asked)
	got, err := t.Client.Do(r)
	if err != nil {
		t.show("<", "no answer: "+err.Error(), nil, nil)
		return nil, err
	}
	head := make([]byte, 64<<10)
	n, err := io.ReadFull(got.Body, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	t.show("<", got.Status, got.Header, head[:n])
	rest := got.Body
	got.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head[:n]), rest), rest}
	return got, err
}
