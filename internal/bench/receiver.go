package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// reception is the task of a receiver.
type reception struct {
	Expect int `json:"expect"`
}

// receipts is what a receiver tells: once when all that it expects has come, and
// again at its end.
type receipts struct {
	Distinct    int       `json:"distinct"`
	Duplicates  int       `json:"duplicates"`
	CompletedAt time.Time `json:"completed_at"` // when the last expected one came
}

// counter is a plain receiver: it reads, counts and answers 200.
type counter struct {
	expect    int
	completed chan struct{}

	mu   sync.Mutex
	seen map[string]bool
	receipts
}

// ServeHTTP takes one webhook.
func (c *counter) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return
	}
	id := r.Header.Get("webhook-id")
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen[id] {
		c.Duplicates++
		return
	}
	c.seen[id] = true
	c.Distinct++
	if c.Distinct == c.expect {
		c.CompletedAt = time.Now()
		close(c.completed)
	}
}

func (c *counter) state() receipts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.receipts
}

// receive plays the receiver: it tells its URL, then what came.
func receive(ctx context.Context, in *json.Decoder, out *json.Encoder) error {
	var task reception
	if err := in.Decode(&task); err != nil {
		return err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c := &counter{expect: task.Expect, completed: make(chan struct{}), seen: make(map[string]bool, task.Expect)}
	server := &http.Server{Handler: c}
	defer server.Close()
	go server.Serve(ln) // ends with an error that Close causes
	if err := out.Encode("http://" + ln.Addr().String() + "/webhook"); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		in.Decode(&struct{}{}) // nothing more is told: it returns at the end of the input
		close(ended)
	}()
	select {
	case <-c.completed:
		if err := out.Encode(c.state()); err != nil {
			return err
		}
	case <-ended:
	}
	<-ended
	return out.Encode(c.state())
}

// receiver is the process that plays it.
type receiver struct {
	*part
	url string
}

func (r *run) startReceiver(ctx context.Context) (*receiver, error) {
	p, err := r.start(ctx, roleReceiver, reception{Expect: r.Publishes})
	if err != nil {
		return nil, err
	}
	got := &receiver{part: p}
	return got, p.hear(&got.url)
}

// completed waits until everything has arrived and returns when that was.
func (r *receiver) completed(ctx context.Context, expect int) (time.Time, error) {
	stop := context.AfterFunc(ctx, func() { r.in.Close() }) // makes it say what it has
	defer stop()
	var got receipts
	if err := r.hear(&got); err != nil {
		return time.Time{}, errors.Join(err, context.Cause(ctx))
	}
	if got.Distinct < expect {
		return time.Time{}, fmt.Errorf("only %d of %d webhooks arrived in time", got.Distinct, expect)
	}
	return got.CompletedAt, nil
}

// finish ends the receiver, when nothing can come any more, and returns its CPU
// time. Anything but each webhook once is an error.
func (r *receiver) finish(expect int) (time.Duration, error) {
	r.in.Close()
	var got receipts
	if err := r.hear(&got); err != nil {
		return 0, err
	}
	if got.Distinct != expect || got.Duplicates != 0 {
		return 0, fmt.Errorf("%d different webhooks and %d duplicates arrived, not %d and none", got.Distinct, got.Duplicates, expect)
	}
	return r.stop()
}
