package copier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ledger is a Store in memory, of accounts with results to copy.
type ledger struct {
	mu      sync.Mutex
	buckets map[string]*taskhook.Bucket
	waiting map[string][]taskhook.Artifact // by account
	ends    []taskhook.CopyEnd
	failing error // of the next settle
}

func (l *ledger) DueBuckets(_ context.Context, now time.Time) (due []string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for account, b := range l.buckets {
		if len(l.waiting[account]) > 0 && !b.DueAt.After(now) {
			due = append(due, account)
		}
	}
	return due, nil
}

func (l *ledger) ClaimCopy(_ context.Context, now, until time.Time, account string) (b taskhook.Bucket, a taskhook.Artifact, ok bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting[account]) == 0 || l.buckets[account].DueAt.After(now) {
		return b, a, false, nil
	}
	b = *l.buckets[account]
	l.buckets[account].DueAt = until
	return b, l.waiting[account][0], true, nil
}

func (l *ledger) SettleCopy(_ context.Context, e *taskhook.CopyEnd) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.failing; err != nil {
		l.failing = nil
		return err
	}
	b := l.buckets[e.AccountID]
	b.DueAt, b.Failures = e.DueAt, b.Failures+1
	if !e.Refused {
		b.Failures = 0
	}
	if e.State != taskhook.CopyPending {
		l.waiting[e.AccountID] = l.waiting[e.AccountID][1:]
	}
	l.ends = append(l.ends, *e)
	return nil
}

func (l *ledger) Content(context.Context, string) ([]byte, error) { return []byte("inline"), nil }

// states are how the tries ended, in order.
func (l *ledger) states() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	for _, e := range l.ends {
		fmt.Fprintf(&b, "%s %s;", e.ArtifactID, e.State)
	}
	return b.String()
}

// files has everything but what is called gone.
type files struct{}

func (files) Get(_ context.Context, id string) (io.ReadSeekCloser, error) {
	if strings.HasPrefix(id, "gone") {
		return nil, fmt.Errorf("open artifact: %w", fs.ErrNotExist)
	}
	return struct {
		io.ReadSeeker
		io.Closer
	}{strings.NewReader("file " + id), io.NopCloser(nil)}, nil
}

// storage is a Sender. That of an account named hangs never answers, and away does
// not for a while.
type storage struct {
	mu   sync.Mutex
	sent map[string]string // by account and name
	back time.Time         // for away
}

func (s *storage) Send(ctx context.Context, to *taskhook.Bucket, a *taskhook.Artifact, from io.ReadSeeker) error {
	switch to.AccountID {
	case "hangs":
		<-ctx.Done()
		return ctx.Err()
	case "away":
		if time.Now().Before(s.back) {
			return errors.New("Access Denied.\xff" + strings.Repeat("x", 1000))
		}
	}
	text, err := io.ReadAll(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent[to.AccountID+"/"+a.Name] = string(text)
	return err
}

// inOffice runs a test with a Copier that goes on for a time.
func inOffice(t *testing.T, d time.Duration, prepare func(l *ledger, s *storage), check func(l *ledger, s *storage)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{buckets: map[string]*taskhook.Bucket{}, waiting: map[string][]taskhook.Artifact{}}
		s := &storage{sent: map[string]string{}}
		prepare(l, s)
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		c := New(Options{Store: l, Files: files{}, Sender: s, Logger: slog.New(&testkit.Logs{}), Now: time.Now})
		if err := c.Run(ctx); err != nil {
			t.Error(err)
		}
		check(l, s)
	})
}

// owes has an account wait for copies of what has the ids.
func (l *ledger) owes(account string, ids ...string) {
	l.buckets[account] = &taskhook.Bucket{AccountID: account, DueAt: time.Now()}
	for _, id := range ids {
		l.waiting[account] = append(l.waiting[account], taskhook.Artifact{ID: id, Name: id + ".txt", CreatedAt: time.Now(), Inline: id == "inline"})
	}
}

func TestCopied(t *testing.T) {
	inOffice(t, time.Second, func(l *ledger, _ *storage) {
		l.owes("one", "a", "inline", "gone", "b")
	}, func(l *ledger, s *storage) {
		if got := l.states(); got != "a done;inline done;gone failed;b done;" {
			t.Errorf("ended as %s", got)
		}
		if s.sent["one/a.txt"] != "file a" || s.sent["one/inline.txt"] != "inline" || len(s.sent) != 3 {
			t.Errorf("sent %v", s.sent)
		}
		if l.buckets["one"].Failures != 0 {
			t.Error("that a result is gone counts as the bucket's failure")
		}
	})
}

// TestOthersGoOn: a bucket that never answers keeps up no other.
func TestOthersGoOn(t *testing.T) {
	inOffice(t, time.Minute, func(l *ledger, _ *storage) {
		l.owes("hangs", "a")
		var many []string
		for i := range 3 * turn {
			many = append(many, fmt.Sprint("m", i))
		}
		l.owes("one", many...)
	}, func(l *ledger, s *storage) {
		if len(s.sent) != 3*turn {
			t.Errorf("sent %d", len(s.sent))
		}
		// The server has stopped while it waited: another goes on at once.
		if last := l.ends[len(l.ends)-1]; last.AccountID != "hangs" || last.State != taskhook.CopyPending || last.Refused || last.DueAt.After(time.Now()) {
			t.Errorf("the one that hangs ended as %+v", last)
		}
	})
}

func TestTriedAgain(t *testing.T) {
	inOffice(t, 3*time.Hour, func(l *ledger, s *storage) {
		l.owes("away", "a")
		s.back = time.Now().Add(2 * time.Hour)
	}, func(l *ledger, s *storage) {
		first := l.ends[0]
		if !first.Refused || !strings.HasPrefix(first.Error, "Access Denied.?xxx") || len(first.Error) > maxExcerpt+len("…") {
			t.Errorf("the first try ended as %+v", first)
		}
		if n := len(l.ends); n < 9 || n > 12 || l.ends[n-1].State != taskhook.CopyDone || s.sent["away/a.txt"] != "file a" {
			t.Errorf("after %d tries it is %s", n, l.states())
		}
	})
}

func TestGivenUp(t *testing.T) {
	inOffice(t, 30*time.Hour, func(l *ledger, s *storage) {
		l.owes("away", "a")
		s.back = time.Now().Add(300 * time.Hour)
	}, func(l *ledger, s *storage) {
		if n := len(l.ends); n < 25 || n > 40 || l.ends[n-1].State != taskhook.CopyFailed {
			t.Errorf("after %d tries it is %s", n, l.states())
		}
	})
}

// TestNotNoted: what was sent and could not be noted is sent again when its time is
// over, to the same place.
func TestNotNoted(t *testing.T) {
	inOffice(t, time.Hour, func(l *ledger, _ *storage) {
		l.owes("one", "a")
		l.failing = errors.New("the database is away")
	}, func(l *ledger, s *storage) {
		if got := l.states(); got != "a done;" || len(s.sent) != 1 {
			t.Errorf("ended as %s, sent %v", got, s.sent)
		}
	})
}
