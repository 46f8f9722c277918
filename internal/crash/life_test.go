package crash

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/keyring"
	"github.com/taskhook/taskhook/internal/store"
)

// lifetime is how long a server lives at most that does not come to its point.
const lifetime = 700 * time.Millisecond

// live runs a server that dies at the point, or else is killed in the middle of what
// its clients do, and reports which. Their context ends with it.
func live(t *testing.T, r role, log io.Writer, point string, visit int, clients func(context.Context, *client.Client)) (died bool) {
	t.Helper()
	r.Point, r.Visit = point, visit
	s, err := start(r, log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), lifetime/2+rand.N(lifetime/2))
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if s.addr != "" {
			clients(ctx, client.New("http://"+s.addr, r.Key))
		}
	}()
	select {
	case <-s.exited:
		cancel()
	case <-ctx.Done():
	}
	<-done
	s.kill()
	return s.died == point
}

// serverLog is a file for what servers print, which is shown when the test fails.
func serverLog(t *testing.T) *os.File {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("%s", text)
		}
	})
	return log
}

// beside does something with the database of servers as the command line does.
func beside(t *testing.T, r role, do func(*store.Store) error) {
	t.Helper()
	keys, _, err := keyring.Load(filepath.Join(r.Data, "taskhook.key"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{Dir: r.Data, URL: r.Database, Sealer: keys, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := do(db); err != nil {
		t.Fatal(err)
	}
}
