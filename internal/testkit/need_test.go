package testkit

import (
	"os"
	"path/filepath"
	"testing"
)

// TestNeed sets the environment, so it can't run in parallel.
func TestNeed(t *testing.T) {
	proven := filepath.Join(t.TempDir(), "proven")
	t.Setenv("TASKHOOK_PROVEN", proven)
	t.Setenv("STRICT", "")
	t.Run("there", func(t *testing.T) {
		if !Need(t, "go") {
			t.Error("go is missing")
		}
	})
	t.Run("missing", func(t *testing.T) {
		if Need(t, "no-such-program") {
			t.Error("a missing program was found")
		}
	})
	got, err := os.ReadFile(proven)
	if err != nil {
		t.Fatal(err)
	}
	want := "proven TestNeed/there go\nnot-proven TestNeed/missing no-such-program\n"
	if string(got) != want {
		t.Errorf("recorded %q, want %q", got, want)
	}
}

func TestNeedFile(t *testing.T) {
	t.Setenv("TASKHOOK_PROVEN", "")
	t.Setenv("STRICT", "")
	if !NeedFile(t, "need.go", "this package") {
		t.Error("a file is missing")
	}
	if NeedFile(t, "no-such-file", "it") {
		t.Error("a missing file was found")
	}
}
