//go:build unix

package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

func TestErase(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	data := []string{"--data", s.Config.Data}
	erase := func(code int, args ...string) (stdout, stderr string) {
		t.Helper()
		return invoke(t, code, append(append([]string{"erase"}, args...), data...)...)
	}
	submit := func(user string) string {
		t.Helper()
		stdout, _ := ask(t, s.URL, 0, "task", "submit", "seedream/text-to-image", "--model", "seedream-4-0", "--prompt", "x", "--metadata", `{"user":"`+user+`"}`,
			"--input", `{"width":64,"height":64,"sandbox":{"seconds":0}}`, "--watch", "--json")
		return one[client.Task](t, stdout).ID
	}
	first, second := submit("42"), submit("43")
	for want, args := range map[string][]string{
		"name what to erase":      {},
		"--task stands alone":     {"--task", first, "--metadata", "a=b"},
		"--metadata a has no":     {"--metadata", "a"},
		"--metadata =b has no":    {"--metadata", "=b"},
		"there is no account who": {"--account", "who", "--metadata", "a=b"},
		"there is no task task_x": {"--task", "task_x"},
	} {
		code := 2
		if strings.HasPrefix(want, "there is no") {
			code = 1
		}
		_, stderr := erase(code, args...)
		expect(t, stderr, want)
	}
	stdout, _ := erase(0, "--metadata", "user=42", "--dry-run")
	expect(t, stdout, "would erase 1 artifacts, 1 events, 1 tasks")
	stdout, stderr := erase(0, "--metadata", "user=42", "--account", "default")
	expect(t, stdout, "receipt", "ers_", "hmac-sha256:", "erased at", "1 tasks", "of account")
	expect(t, stderr, "The server erases it")
	ask(t, s.URL, 1, "task", "get", first)
	ask(t, s.URL, 0, "task", "get", second)
	s.Stop(t)

	stdout, stderr = erase(0, "--task", second, "--json")
	var receipt shownErasure
	if err := json.Unmarshal([]byte(stdout), &receipt); err != nil || receipt.Counts["tasks"] != 1 || receipt.Subject != second || receipt.FinishedAt == nil {
		t.Errorf("the receipt is %s: %v", stdout, err)
	}
	if strings.Contains(stderr, "The server erases it") {
		t.Error("a server that does not run erases")
	}
	stdout, _ = erase(0, "--account", "default", "--dry-run", "--json")
	expect(t, stdout, `"keys": 1`)
	stdout, _ = erase(0, "--account", "default")
	expect(t, stdout, "1 keys")
	_, stderr = erase(1, "--account", "default")
	expect(t, stderr, "there is no account default")
	stdout, _ = erase(0, "--list")
	if n := strings.Count(stdout, "ers_"); n != 3 {
		t.Errorf("%d receipts are listed:\n%s", n, stdout)
	}
	stdout, _ = invoke(t, 0, append([]string{"account", "audit"}, data...)...)
	expect(t, stdout, "yes")
	_, stderr = invoke(t, 1, "erase", "--list", "--data", filepath.Join(t.TempDir(), "none"))
	expect(t, stderr, "holds no database yet")
}

// TestExpiredCursor goes on where the feed is no longer kept.
func TestExpiredCursor(t *testing.T) {
	t.Parallel()
	err := explainExpired(&client.Error{Status: 410, Code: "CURSOR_EXPIRED", Details: &client.ErrorDetails{OldestCursor: "2s"}})
	expect(t, err.Error(), "no longer kept", "--from 2s", "--from now")
	other := &client.Error{Status: 404}
	if explainExpired(other) != error(other) {
		t.Error("another error is explained too")
	}
}
