package app_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// TestLostKeyFile holds that a server without its key file, or with another, does
// not start, says what to do, and leaves the directory as it was.
func TestLostKeyFile(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	s.Stop(t)
	file := filepath.Join(s.Config.Data, "taskhook.key")
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	refused := func() {
		t.Helper()
		a, err := app.Open(t.Context(), app.Options{Config: s.Config, Logger: slog.New(slog.DiscardHandler)})
		if a != nil || !errors.Is(err, store.ErrOtherKey) || !strings.Contains(err.Error(), "put your copy of it back as "+file) {
			t.Fatalf("it starts: %v, %v", a, err)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	refused()
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("another key file was left there: %v", err)
	}
	s.Config.SecretKey = config.NewSecret(strings.Repeat("7a", 32))
	refused()

	s.Config.SecretKey = config.Secret{}
	if err := os.WriteFile(file, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	program.Run(t, s.Config).Stop(t)

	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	s.Config.AcceptNewKey = true
	program.Run(t, s.Config).Stop(t)
	s.Config.AcceptNewKey = false
	program.Run(t, s.Config).Stop(t)
}
