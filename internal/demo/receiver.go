package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/webhook"
)

// receiver is an application that gets webhooks. It checks each signature and
// enters what is valid into the ledger before it answers, as one should.
type receiver struct {
	ledger *ledger
	jobs   *jobs
	server *http.Server
	url    string

	mu       sync.Mutex
	verifier *webhook.Verifier
	failing  bool  // the next valid webhook is answered with 500
	failed   *hook // the last that was
	pause    time.Duration
	open     int // webhooks that are entered but not answered yet
}

// The paths of the webhook that is registered, and below which those stand that go
// with a submission.
const (
	hookPath = "/hook"
	jobPath  = "/job/"
)

// jobURL returns the URL to give with a submission.
func (r *receiver) jobURL(name string) string {
	return strings.TrimSuffix(r.url, hookPath) + jobPath + name
}

// listen starts a receiver on a free port of this machine. Close ends it.
func listen(ctx context.Context, l *ledger) (*receiver, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for webhooks: %w", err)
	}
	r := &receiver{ledger: l, jobs: &jobs{came: map[string][]byte{}}, url: "http://" + listener.Addr().String() + hookPath}
	mux := http.NewServeMux()
	mux.Handle(hookPath, r)
	mux.Handle(jobPath+"{name}", r.jobs)
	r.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go r.server.Serve(listener) // until close
	return r, nil
}

func (r *receiver) close() { r.server.Close() }

// trust sets the secret that webhooks must be signed with.
func (r *receiver) trust(secret string) error {
	v, err := webhook.NewVerifier(secret)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.verifier = v
	return nil
}

// failOnce answers the next valid webhook with 500.
func (r *receiver) failOnce() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failing, r.failed = true, nil
}

// lastFailed returns the webhook that failOnce was about when it has come, or nil.
func (r *receiver) lastFailed() *hook {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

// dawdle makes each answer take d longer.
func (r *receiver) dawdle(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pause = d
}

// unanswered is how many webhooks are entered but not answered.
func (r *receiver) unanswered() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open
}

// ServeHTTP receives a webhook.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	h, err := r.read(req)
	if err != nil {
		r.ledger.refuse(err)
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	pause, ok := r.begin(h)
	if !ok {
		http.Error(w, "the demonstration wants to see a retry", http.StatusInternalServerError)
		return
	}
	defer r.end()
	r.ledger.accept(h)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		w.WriteHeader(http.StatusNoContent)
	case <-req.Context().Done(): // the sender is gone
	}
}

// read checks and reads a webhook.
func (r *receiver) read(req *http.Request) (hook, error) {
	r.mu.Lock()
	verifier := r.verifier
	r.mu.Unlock()
	if verifier == nil {
		return hook{}, errors.New("it came before anything was registered")
	}
	body, err := verifier.VerifyRequest(req)
	if err != nil {
		return hook{}, err
	}
	var message struct {
		ID   string `json:"id"`
		Type string `json:"type"`
		Data struct {
			Task client.Task `json:"task"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &message); err != nil {
		return hook{}, fmt.Errorf("read the body: %w", err)
	}
	if id := req.Header.Get(webhook.HeaderID); id != message.ID {
		return hook{}, fmt.Errorf("the headers say %q and the body %q", id, message.ID)
	}
	h := hook{id: message.ID, kind: message.Type, subject: message.ID, task: message.Data.Task, body: body,
		signature: req.Header.Get(webhook.HeaderSignature)}
	if h.task.ID != "" {
		h.subject = h.task.ID
	}
	return h, nil
}

// begin says how to answer a valid webhook: after a pause, or not ok.
func (r *receiver) begin(h hook) (pause time.Duration, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failing {
		r.failing, r.failed = false, &h
		return 0, false
	}
	r.open++
	return r.pause, true
}

func (r *receiver) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
}
