package crash

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/taskhook/taskhook/client"
)

// consumer follows the feed of a server in a process of its own. Its ledger has a
// line for each event, its cursor and its id, written in one call: so what a kill
// leaves is whole lines, of which the last says where to go on.
type consumer struct {
	URL, Key, Ledger string
}

// consumerMark begins the argument by which a test binary knows that it is a consumer.
const consumerMark = "-crash-consumer="

// follow reads the feed until the process is killed.
func (c consumer) follow(ctx context.Context) error {
	after, err := c.last()
	if err != nil {
		return err
	}
	ledger, err := os.OpenFile(c.Ledger, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer ledger.Close()
	api := client.New(c.URL, c.Key)
	for {
		page, err := api.Feed(ctx, client.FeedQuery{After: after, Wait: 10 * time.Second, Limit: 100})
		if err != nil {
			return err
		}
		for _, e := range page.Events {
			var event struct{ ID string }
			if err := json.Unmarshal(e.Event, &event); err != nil {
				return err
			}
			if _, err := fmt.Fprintf(ledger, "%s %s\n", e.Cursor, event.ID); err != nil {
				return err
			}
		}
		after = page.Next
	}
}

// last returns the cursor of the last event in the ledger; empty: there is none.
func (c consumer) last() (cursor string, err error) {
	lines, err := readConsumed(c.Ledger)
	if len(lines) > 0 {
		cursor, _, _ = strings.Cut(lines[len(lines)-1], " ")
	}
	return cursor, err
}

// readConsumed returns the lines of a consumer's ledger.
func readConsumed(ledger string) (lines []string, err error) {
	file, err := os.Open(ledger)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	return lines, scanner.Err()
}
