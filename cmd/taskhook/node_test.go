//go:build unix

package main

import (
	"encoding/json"
	"testing"
	"time"
)

// TestNodeList lists the one server of a data directory, and what a kill leaves.
func TestNodeList(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	list := func(state string) {
		t.Helper()
		stdout, _ := invoke(t, 0, "node", "list", "--json", "--data", dir)
		var nodes []shownNode
		if err := json.Unmarshal([]byte(stdout), &nodes); err != nil {
			t.Fatal(err)
		}
		if len(nodes) != 1 || nodes[0].State != state || nodes[0].Version == "" || nodes[0].Host == "" || !nodes[0].LeaseUntil.IsZero() {
			t.Errorf("the nodes are %+v, want one that is %s", nodes, state)
		}
	}
	s := serve(t, dir, "--dev")
	list("alive")
	if err := s.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	s.Wait()
	list("gone")
	stdout, _ := invoke(t, 0, "node", "list", "--data", dir)
	expect(t, stdout, "ID ", "  gone   the directory's lock  0      0     ")
}

func TestNoNodes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	invoke(t, 0, "migrate", "--data", dir)
	stdout, stderr := invoke(t, 0, "node", "list", "--data", dir)
	if stdout != "" || stderr != "no server works on the database\n" {
		t.Errorf("no nodes are %s%s", stdout, stderr)
	}
	stdout, _ = invoke(t, 0, "node", "list", "--data", dir, "--json")
	expect(t, stdout, "[]")
}

func TestLeaseLeft(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_000_000)
	for want, until := range map[string]time.Time{
		"the directory's lock": {}, "12s": now.Add(12 * time.Second), "ended": now.Add(-time.Second)} {
		if got := leaseLeft(now, until); got != want {
			t.Errorf("the lease until %v is shown as %q, want %q", until, got, want)
		}
	}
}
