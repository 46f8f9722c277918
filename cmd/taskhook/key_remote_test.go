//go:build unix

package main

import (
	"strings"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// TestKeysThere makes, lists and revokes a key without the data directory.
func TestKeysThere(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	stdout, _ := ask(t, s.URL, 0, "key", "create", "--server", s.URL, "--name", "ci", "--permission", "tasks:read",
		"--ip", "127.0.0.0/8", "--spend-limit", "12.50", "--expires", "24h", "--json")
	made := one[client.Key](t, stdout)
	if made.Key == "" || made.Name != "ci" || !made.Permissions["tasks:read"] || made.SpendLimit != "12.5" || made.ExpiresAt.IsZero() || made.Test {
		t.Fatalf("made %+v", made)
	}
	if _, err := client.New(s.URL, made.Key).Tasks(t.Context(), client.TaskQuery{}); err != nil {
		t.Errorf("the key does not work: %v", err)
	}
	stdout, _ = ask(t, s.URL, 0, "key", "list", "--server", s.URL)
	expect(t, stdout, made.ID, "ci", "12.5")
	if strings.Contains(stdout, made.Key) {
		t.Error("a list shows the text of a key")
	}
	stdout, _ = ask(t, s.URL, 0, "key", "revoke", made.ID, "--server", s.URL)
	expect(t, stdout, made.ID+" is revoked")
	if _, err := client.New(s.URL, made.Key).Tasks(t.Context(), client.TaskQuery{}); err == nil {
		t.Error("a revoked key works")
	}
	_, stderr := ask(t, s.URL, 2, "key", "create", "--server", s.URL, "--name", "x", "--account", "other")
	expect(t, stderr, "--account can't be given with --server")
}
