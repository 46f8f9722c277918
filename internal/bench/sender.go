package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// post prepares the raw sender, the yardstick: what a program in Go would do that
// sends the body itself, stores nothing and signs nothing. It is one plain client
// of net/http that is allowed as many connections as the generator has.
func post(_ context.Context, a *assignment) ([]worker, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: a.Connections}}
	one := func(ctx context.Context, next turns, done func(time.Time)) error {
		for {
			n, planned, ok := next()
			if !ok {
				return nil
			}
			if err := postOne(ctx, client, a, n); err != nil {
				return err
			}
			done(planned)
		}
	}
	return slices.Repeat([]worker{one}, a.Connections), nil
}

func postOne(ctx context.Context, client *http.Client, a *assignment, number int) error {
	c := a.Calls[number%len(a.Calls)]
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Servers[0]+c.Path, bytes.NewReader([]byte(c.Body)))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("webhook-id", "raw_"+strconv.Itoa(number))
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the receiver answered %s", answer.Status)
	}
	return nil
}
