package retention

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
)

// shelf is a Store of one part, whose things are named by numbers and made a minute
// apart.
type shelf struct {
	mu     sync.Mutex
	part   taskhook.Part
	things []thing
	bites  []int // how many rows each transaction has removed
	looked int   // reads from the beginning
	fail   int   // removals that fail
	free   int64 // pages
}

type thing struct {
	id     string
	made   time.Time
	bytes  int64
	spared bool
}

func (s *shelf) Old(_ context.Context, part taskhook.Part, after string, before time.Time, limit int) (old []taskhook.Aged, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if part != s.part {
		return nil, nil
	}
	for _, t := range s.things {
		if t.id > after && t.made.Before(before) && len(old) < limit {
			old = append(old, taskhook.Aged{ID: t.id, Place: t.id, Amount: taskhook.Amount{Rows: 1, Bytes: t.bytes}})
		}
	}
	if after == "" && len(old) > 0 {
		s.looked++
	}
	return old, nil
}

func (s *shelf) Remove(_ context.Context, part taskhook.Part, ids []string, before time.Time) (r taskhook.Removal, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail > 0 {
		s.fail--
		return r, errors.New("no disk")
	}
	n := len(s.things)
	s.things = slices.DeleteFunc(s.things, func(t thing) bool {
		gone := slices.Contains(ids, t.id) && t.made.Before(before) && !t.spared
		if gone {
			r.Results = append(r.Results, t.id)
		}
		return gone
	})
	s.bites = append(s.bites, n-len(s.things))
	r.Count(string(part), int64(n-len(s.things)))
	return r, nil
}

func (s *shelf) Stored(context.Context) (map[taskhook.Kind]taskhook.Amount, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var a taskhook.Amount
	for _, t := range s.things {
		a = a.Add(taskhook.Amount{Rows: 1, Bytes: t.bytes})
	}
	return map[taskhook.Kind]taskhook.Amount{s.part.Kind(): a}, nil
}

func (s *shelf) Shrink(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(s.free, 10)
	s.free -= n
	return n, nil
}

func (s *shelf) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.things)
}

// bin notes what files are removed.
type bin struct {
	mu   sync.Mutex
	gone []string
	fail int
}

func (b *bin) Remove(_ context.Context, id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail > 0 {
		b.fail--
		return errors.New("no bucket")
	}
	b.gone = append(b.gone, id)
	return nil
}

func newShelf(part taskhook.Part, n int) *shelf {
	s := &shelf{part: part}
	for i := range n {
		s.things = append(s.things, thing{id: fmt.Sprintf("%06d", i), made: time.Now().Add(time.Duration(i) * time.Minute), bytes: 10})
	}
	return s
}

func runSweeper(t *testing.T, s *shelf, limit Limit) *bin {
	t.Helper()
	files := &bin{}
	w := NewSweeper(Options{Store: s, Results: files, Uploads: files, Limits: map[taskhook.Kind]Limit{s.part.Kind(): limit}, Logger: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return files
}

// wait lets time go by.
func wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestSweepByAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(taskhook.PartArtifacts, 2000)
		s.things[3].spared = true
		s.fail = 1
		files := runSweeper(t, s, Limit{Age: 1000 * time.Minute})
		wait(2500 * time.Minute)
		// What is made up to minute 1499 is 1000 minutes old or more.
		if n := s.left(); n < 499 || n > 503 {
			t.Errorf("%d are left", n)
		}
		if files.gone[0] != "000000" || len(files.gone) != 2000-s.left() {
			t.Errorf("%d files are gone, first %s", len(files.gone), files.gone[0])
		}
		if s.things[0].id != "000003" {
			t.Errorf("what was in use is gone: %+v", s.things[0])
		}
		if s.looked > 50 {
			t.Errorf("it began %d times with the oldest within 42 hours", s.looked)
		}
		s.mu.Lock()
		s.things[0].spared = false
		s.mu.Unlock()
		wait(again + 2*lookEvery)
		if s.things[0].id == "000003" {
			t.Error("what is not in use any more stays")
		}
	})
}

func TestSweepInBites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(taskhook.PartEvents, 1234)
		s.free = 35
		runSweeper(t, s, Limit{Age: time.Minute})
		wait(3000 * time.Minute)
		if s.left() != 0 || slices.Max(s.bites) > bite || s.free != 0 {
			t.Errorf("%d are left, %d pages; bites were %v", s.left(), s.free, slices.Max(s.bites))
		}
	})
}

func TestSweepByBytes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(taskhook.PartArtifacts, 100)
		for i := range s.things {
			s.things[i].made = time.Now().Add(-time.Hour)
		}
		s.things[0].spared = true
		runSweeper(t, s, Limit{Bytes: 605})
		wait(time.Minute + time.Second)
		if n := s.left(); n != 60 { // 600 bytes
			t.Errorf("%d are left", n)
		}
		if s.things[0].id != "000000" || s.things[1].id != "000041" {
			t.Errorf("it was not the oldest that went: %+v", s.things[:2])
		}
	})
}

func TestForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(taskhook.PartTasks, 10)
		runSweeper(t, s, Limit{})
		wait(1000 * time.Hour)
		if s.left() != 10 || s.looked != 0 {
			t.Errorf("%d are left of what is kept for ever, after %d looks", s.left(), s.looked)
		}
	})
}

func TestCut(t *testing.T) {
	t.Parallel()
	old := []taskhook.Aged{{Amount: taskhook.Amount{Rows: 400, Bytes: 5}}, {Amount: taskhook.Amount{Rows: 400, Bytes: 5}}, {Amount: taskhook.Amount{Rows: 1, Bytes: 5}}}
	for most, want := range map[int64]int{-1: 2, 1: 1, 5: 1, 6: 2, 100: 2} {
		if got := len(cut(old, most)); got != want {
			t.Errorf("of at most %d bytes it takes %d, want %d", most, got, want)
		}
	}
}
