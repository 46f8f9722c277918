// Package program starts the whole program for tests: the real composition on a
// free port with a scratch directory, and receivers for what it sends.
package program

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/account"
	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/keyring"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/testkit/datadir"
)

// Key is the key of the first account.
const Key = "river_live_0123456789abcdefghijklmnopqrstuv"

// Server is a running program.
type Server struct {
	*client.Client
	URL    string
	Config *config.Config
	// FaceURL returns the URL of a face's own listener, by its name; empty without.
	FaceURL func(face string) string
	stop    context.CancelFunc
	done    chan error
}

// Start runs the program until the test ends. Configure may change the
// configuration, which is that of a development machine.
func Start(t testing.TB, configure func(*config.Config)) *Server {
	t.Helper()
	return StartAt(t, app.Pace{}, configure)
}

// StartAt is Start at another pace.
func StartAt(t testing.TB, pace app.Pace, configure func(*config.Config)) *Server {
	t.Helper()
	cfg := config.Default()
	data := datadir.New(t)
	cfg.Data, cfg.Listen, cfg.Dev, cfg.BootstrapKey = data, "127.0.0.1:0", true, config.NewSecret(Key)
	if configure != nil {
		configure(cfg)
	}
	if cfg.Data == data && cfg.DatabaseURL.Reveal() == "" {
		datadir.Migrate(t, data)
	}
	s := run(t, cfg, pace)
	t.Cleanup(func() { s.Stop(t) })
	return s
}

// Run runs the program with a configuration until Stop.
func Run(t testing.TB, cfg *config.Config) *Server {
	t.Helper()
	return run(t, cfg, app.Pace{})
}

func run(t testing.TB, cfg *config.Config, pace app.Pace) *Server {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	a, err := app.Open(ctx, app.Options{Config: cfg, Logger: logger(t), Pace: pace})
	if err != nil {
		stop()
		t.Fatalf("open the program: %v", err)
	}
	s := &Server{Client: client.New(a.BaseURL(), Key), URL: a.BaseURL(), Config: cfg, FaceURL: a.FaceURL, stop: stop, done: make(chan error, 1)}
	go func() { s.done <- a.Run(ctx) }()
	return s
}

// Stop asks the program to stop and waits until it has; again, it does nothing.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.stop()
	if err, ok := <-s.done; ok && err != nil {
		t.Errorf("stop the program: %v", err)
	}
	select {
	case <-s.done:
	default:
		close(s.done)
	}
}

// NewAccount makes another account and returns a client with its key.
func (s *Server) NewAccount(t testing.TB, name string, test bool) *client.Client {
	t.Helper()
	return client.New(s.URL, s.NewKey(t, name, taskhook.NewKey{Name: "test", Test: test}))
}

// NewKey makes another account and returns the text of its key.
func (s *Server) NewKey(t testing.TB, name string, n taskhook.NewKey) (text string) {
	t.Helper()
	s.beside(t, func(accounts *account.Service) (err error) {
		text, _, err = accounts.Create(t.Context(), now(), name, n)
		return err
	})
	return text
}

// Credit gives the account with the name credit.
func (s *Server) Credit(t testing.TB, name string, amount taskhook.Money) {
	t.Helper()
	s.beside(t, func(accounts *account.Service) error {
		_, err := accounts.Credit(t.Context(), now(), name, amount)
		return err
	})
}

// SetBucket has the results of the account with the name copied to a bucket.
func (s *Server) SetBucket(t testing.TB, name string, b taskhook.Bucket) {
	t.Helper()
	s.beside(t, func(accounts *account.Service) error { return accounts.SetBucket(t.Context(), now(), name, b) })
}

// Bucket returns the bucket of the account with the name.
func (s *Server) Bucket(t testing.TB, name string) (b taskhook.Bucket) {
	t.Helper()
	s.beside(t, func(accounts *account.Service) (err error) {
		b, _, err = accounts.Bucket(t.Context(), name)
		return err
	})
	return b
}

// beside does something with the accounts as the command line does, beside the
// running server.
func (s *Server) beside(t testing.TB, do func(*account.Service) error) {
	t.Helper()
	keys, _, err := keyring.Load(filepath.Join(s.Config.Data, "taskhook.key"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{Dir: s.Config.Data, URL: s.Config.DatabaseURL.Reveal(), Sealer: keys, Logger: logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := do(account.New(db, keyring.HashKey, 0)); err != nil {
		t.Fatal(err)
	}
}

// logger writes warnings to the test's output; the lines of what outlives the test
// are dropped.
func logger(t testing.TB) *slog.Logger {
	level := slog.LevelWarn
	if os.Getenv("TASKHOOK_TEST_DEBUG") != "" {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: level}))
}
