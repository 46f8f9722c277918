package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// order is what a receiver is asked to do.
type order struct {
	Await int  `json:"await"` // tell when as many different webhooks have come
	Mark  bool `json:"mark"`  // from now on look for the first one, and tell so
}

// receive plays the receiver: it tells its URL, then what it is asked for, and at
// its end what came.
func receive(ctx context.Context, in *json.Decoder, out *json.Encoder) error {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c := &counter{seen: map[string]bool{}}
	server := &http.Server{Handler: c}
	defer server.Close()
	go server.Serve(ln) // ends with an error that Close causes
	if err := out.Encode("http://" + ln.Addr().String()); err != nil {
		return err
	}
	orders := make(chan order)
	go func() { // ends with the input
		defer close(orders)
		var o order
		for ; in.Decode(&o) == nil; o = (order{}) {
			orders <- o
		}
	}()
	for o := range orders {
		if o.Mark {
			c.mark()
		} else if !c.wait(o.Await, orders) {
			break
		}
		if err := out.Encode(c.state()); err != nil {
			return err
		}
	}
	return out.Encode(c.state())
}

// wait reports whether as many came before there was nothing more to wait for.
func (c *counter) wait(n int, orders <-chan order) bool {
	select {
	case <-c.await(n):
		return true
	case <-orders:
		return false
	}
}

// receiver is the process that plays it.
type receiver struct {
	*part
	url string
}

func (r *run) startReceiver(ctx context.Context) (*receiver, error) {
	p, err := r.start(ctx, roleReceiver, nil)
	if err != nil {
		return nil, err
	}
	got := &receiver{part: p}
	return got, p.hear(&got.url)
}

// hook is the URL of one of its endpoints.
func (r *receiver) hook(i int) string { return r.url + "/webhook/" + strconv.Itoa(i) }

// completed waits until as many webhooks have arrived.
func (r *receiver) completed(ctx context.Context, expect int) (got receipts, err error) {
	stop := context.AfterFunc(ctx, func() { r.in.Close() }) // makes it say what it has
	defer stop()
	if err := errors.Join(r.tell(order{Await: expect}), r.hear(&got)); err != nil {
		return got, errors.Join(err, context.Cause(ctx))
	}
	if got.Distinct < expect {
		return got, fmt.Errorf("only %d of %d webhooks arrived in time", got.Distinct, expect)
	}
	return got, nil
}

// mark makes it look for the first webhook from now on.
func (r *receiver) mark() error {
	var got receipts
	return errors.Join(r.tell(order{Mark: true}), r.hear(&got))
}

// finish ends the receiver, when nothing can come any more, and returns its CPU
// time. Anything but each webhook once is an error.
func (r *receiver) finish(expect int) (time.Duration, error) {
	got, cpu, err := r.end()
	if err == nil && (got.Distinct != expect || got.Duplicates != 0) {
		err = fmt.Errorf("%d different webhooks and %d duplicates arrived, not %d and none", got.Distinct, got.Duplicates, expect)
	}
	return cpu, err
}

// end ends the receiver and returns all that came.
func (r *receiver) end() (got receipts, cpu time.Duration, err error) {
	r.in.Close()
	if err := r.hear(&got); err != nil {
		return got, 0, err
	}
	cpu, err = r.stop()
	return got, cpu, err
}
