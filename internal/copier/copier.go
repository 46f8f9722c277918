package copier

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
)

// Store knows what is to be copied; see store.Store for what each promises.
type Store interface {
	DueBuckets(ctx context.Context, now time.Time) (accounts []string, err error)
	ClaimCopy(ctx context.Context, now, until time.Time, account string) (_ taskhook.Bucket, _ taskhook.Artifact, ok bool, err error)
	SettleCopy(ctx context.Context, e *taskhook.CopyEnd) error
	Content(ctx context.Context, id string) ([]byte, error)
}

// Files has the results. The error is fs.ErrNotExist for one that is gone.
type Files interface {
	Get(ctx context.Context, id string) (io.ReadSeekCloser, error)
}

// Sender puts a result into a bucket, whole or not at all, under its name. It goes
// nowhere but where accounts may have the server go.
type Sender interface {
	Send(ctx context.Context, to *taskhook.Bucket, a *taskhook.Artifact, from io.ReadSeeker) error
}

// Options make a Copier.
type Options struct {
	Store  Store
	Files  Files
	Sender Sender
	Logger *slog.Logger
	Now    func() time.Time // the time that all nodes go by
	Every  time.Duration    // it looks for what is to be copied; 0: every 2 s
	Limit  time.Duration    // of one try, after which another node may try; 0: 15 minutes
}

// Copier copies one result at a time to each bucket, and to several at once.
type Copier struct {
	Options
	slots chan struct{} // holds one element for each bucket that is worked for

	mu   sync.Mutex
	busy map[string]bool // accounts
}

// maxBuckets is how many buckets are sent to at once: one that hangs keeps up nobody
// else.
const maxBuckets = 8

// New returns a Copier that Run sets going.
func New(o Options) *Copier {
	o.Every, o.Limit = cmp.Or(o.Every, 2*time.Second), cmp.Or(o.Limit, 15*time.Minute)
	return &Copier{Options: o, slots: make(chan struct{}, maxBuckets), busy: map[string]bool{}}
}

// Run copies until ctx ends. What is then left is copied by another node, or later.
func (c *Copier) Run(ctx context.Context) error {
	var group sync.WaitGroup
	defer group.Wait()
	tick := time.NewTicker(c.Every)
	defer tick.Stop()
	for {
		accounts, err := c.Store.DueBuckets(ctx, c.Now())
		if err != nil && ctx.Err() == nil {
			c.Logger.Warn("look for results to copy", "error", err)
		}
		for _, account := range accounts {
			if c.begin(account) {
				group.Go(func() { c.serve(ctx, account) })
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// begin takes an account on, if it may.
func (c *Copier) begin(account string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy[account] {
		return false
	}
	select {
	case c.slots <- struct{}{}:
		c.busy[account] = true
		return true
	default:
		return false
	}
}

// turn is how many results are copied for an account before another may have its slot.
const turn = 16

// serve copies results of an account until one fails, or it is the turn of others.
func (c *Copier) serve(ctx context.Context, account string) {
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.busy, account)
		<-c.slots
	}()
	for range turn {
		if ctx.Err() != nil || !c.next(ctx, account) {
			return
		}
	}
}

// The times of a copy.
const (
	giveUp     = 24 * time.Hour   // after the result was made
	firstPause = 10 * time.Second // after a failure; then twice as long, and so on
	maxPause   = time.Hour
)

// next copies a result, and reports whether to go on with another at once.
func (c *Copier) next(ctx context.Context, account string) bool {
	now := c.Now()
	b, a, ok, err := c.Store.ClaimCopy(ctx, now, now.Add(c.Limit), account)
	if err != nil && ctx.Err() == nil {
		c.Logger.Warn("look for a result to copy", "account", account, "error", err)
	}
	if err != nil || !ok {
		return false
	}
	end := c.end(ctx, &b, &a)
	if err := c.Store.SettleCopy(context.WithoutCancel(ctx), end); err != nil {
		c.Logger.Warn("note a copy", "account", account, "result", a.Name, "error", err)
		return false // it is copied again when its time is over, to the same place
	}
	return !end.Refused
}

// end tries to copy a result and says how that ended.
func (c *Copier) end(ctx context.Context, b *taskhook.Bucket, a *taskhook.Artifact) *taskhook.CopyEnd {
	limited, cancel := context.WithTimeout(ctx, c.Limit*3/4)
	defer cancel()
	e := &taskhook.CopyEnd{AccountID: b.AccountID, ArtifactID: a.ID, State: taskhook.CopyDone}
	from, err := c.open(limited, a)
	if err == nil {
		defer from.Close()
		if err = c.Sender.Send(limited, b, a, from); err != nil {
			e.Refused = ctx.Err() == nil
		}
	}
	now := c.Now()
	e.DueAt = now
	switch {
	case err == nil:
		return e
	case ctx.Err() != nil: // the server stops; another goes on at once
		e.State, e.Error = taskhook.CopyPending, a.CopyError
		return e
	}
	e.State, e.Error = taskhook.CopyPending, excerpt(err)
	if gone(err) || now.Sub(a.CreatedAt) > giveUp {
		e.State = taskhook.CopyFailed
	}
	if !gone(err) {
		e.DueAt = now.Add(pause(b.Failures))
	}
	c.Logger.Warn("copy a result to the bucket of its account", "account", b.AccountID, "bucket", b.Name, "result", a.Name,
		"given_up", e.State == taskhook.CopyFailed, "error", err)
	return e
}

// pause is how long a bucket rests that has failed some times before.
func pause(failures int) time.Duration { return min(firstPause<<min(failures, 16), maxPause) }

// open opens a result, wherever it is.
func (c *Copier) open(ctx context.Context, a *taskhook.Artifact) (io.ReadSeekCloser, error) {
	switch {
	case a.Removed:
		return nil, errGone
	case !a.Inline:
		return c.Files.Get(ctx, a.ID)
	}
	content, err := c.Store.Content(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	return inMemory{bytes.NewReader(content)}, nil
}

// inMemory is a file that need not be closed.
type inMemory struct{ *bytes.Reader }

// Close is of io.Closer.
func (inMemory) Close() error { return nil }
