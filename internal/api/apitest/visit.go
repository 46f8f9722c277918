package apitest

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook/internal/testkit/program"
)

// visit is one scenario at one face of one server.
type visit struct {
	*testing.T
	Target
	Face
}

// reply is what came back on a call.
type reply struct {
	status int
	header http.Header
	body   string
}

// patience is how long a scenario waits for anything.
const patience = time.Minute

// do makes a call.
func (v *visit) do(c Call) reply {
	v.Helper()
	got, err := v.try(c)
	if err != nil {
		v.Fatal(err)
	}
	return got
}

func (v *visit) try(c Call) (reply, error) {
	r, err := http.NewRequestWithContext(v.Context(), c.Method, v.URL+c.Path, strings.NewReader(c.Body))
	if err != nil {
		return reply{}, err
	}
	for name, values := range c.Header {
		r.Header[name] = values
	}
	if v.Host != "" {
		r.Host = v.Host
	}
	return send(r)
}

// get opens an address outside the API.
func (v *visit) get(url string) reply {
	v.Helper()
	r, err := http.NewRequestWithContext(v.Context(), http.MethodGet, url, nil)
	if err != nil {
		v.Fatal(err)
	}
	got, err := send(r)
	if err != nil {
		v.Fatal(err)
	}
	return got
}

func send(r *http.Request) (reply, error) {
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer w.Body.Close()
	body, err := io.ReadAll(w.Body)
	return reply{w.StatusCode, w.Header, string(body)}, err
}

// read makes a call that is to go well.
func (v *visit) read(c Call) Answer {
	v.Helper()
	return v.understand(c, v.do(c))
}

// understand reads the reply to a call that is to go well.
func (v *visit) understand(c Call, got reply) Answer {
	v.Helper()
	if got.status != http.StatusOK && got.status != http.StatusAccepted {
		v.Fatalf("%s %s: %d %s", c.Method, c.Path, got.status, got.body)
	}
	a, err := v.Face.Answer([]byte(got.body))
	if err != nil {
		v.Fatalf("%s %s: %v: %s", c.Method, c.Path, err, got.body)
	}
	return a
}

// submit returns the id of a new task.
func (v *visit) submit(key string, j Job) string {
	v.Helper()
	a := v.read(v.Submit(key, j))
	if a.ID == "" || a.State != Unfinished {
		v.Fatalf("a submission is answered with %+v", a)
	}
	return a.ID
}

// ended polls, as clients do, until a task has ended.
func (v *visit) ended(key, id string) Answer {
	v.Helper()
	ctx, cancel := context.WithTimeout(v.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		a := v.read(v.Poll(key, id))
		if a.ID != id {
			v.Fatalf("%s is shown as %s", id, a.ID)
		}
		if a.State != Unfinished {
			return a
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			v.Fatalf("%s has not ended within %s", id, patience)
		}
	}
}

// refused makes a call that is to be refused, and returns the answer.
func (v *visit) refused(why Reason, c Call) reply {
	v.Helper()
	got, want := v.do(c), v.Refusals[why]
	if got.status != want.Status || want.Status == 0 || !strings.Contains(got.body, want.Says) {
		v.Errorf("%s %s for %s: %d %s, want %d %s", c.Method, c.Path, why, got.status, got.body, want.Status, want.Says)
	}
	return got
}

// place returns the URL of a receiver that nobody else has.
func (v *visit) place() string { return v.Receiver.URL + "/" + rand.Text() }

// told waits for the one webhook at a place, and reads it.
func (v *visit) told(place string) (program.Request, Answer) {
	v.Helper()
	path := strings.TrimPrefix(place, v.Receiver.URL)
	got := v.Receiver.WaitFor(v.T, 1, func(r program.Request) bool { return r.Path == path })[0]
	a, err := v.Face.Webhook(got.Body)
	if err != nil {
		v.Fatalf("the webhook can't be read: %v: %s", err, got.Body)
	}
	return got, a
}

// opens follows links to results.
func (v *visit) opens(links []string) {
	v.Helper()
	if len(links) == 0 {
		v.Error("there is no link to a result")
	}
	for _, link := range links {
		if got := v.get(link); got.status != http.StatusOK || len(got.body) == 0 || !strings.HasPrefix(got.header.Get("Content-Type"), "image/") {
			v.Errorf("GET %s: %d %s with %d bytes", link, got.status, got.header.Get("Content-Type"), len(got.body))
		}
	}
}
