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
	one := func(ctx context.Context, next func() (int, bool), done func(time.Time)) error {
		for {
			n, ok := next()
			if !ok {
				return nil
			}
			start := time.Now()
			if err := postOne(ctx, client, a, n); err != nil {
				return err
			}
			done(start)
		}
	}
	return slices.Repeat([]worker{one}, a.Connections), nil
}

func postOne(ctx context.Context, client *http.Client, a *assignment, number int) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL, bytes.NewReader([]byte(a.Body)))
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
