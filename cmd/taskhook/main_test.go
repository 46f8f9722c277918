//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/store"
)

// asProgram as the first argument makes the test binary be taskhook.
const asProgram = "as-taskhook"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asProgram {
		os.Exit(run(context.Background(), os.Args[2:], os.Stdout, os.Stderr, config.Environment()))
	}
	code := m.Run()
	os.RemoveAll(scratch())
	os.Exit(code)
}

// scratch is a folder of this process, removed at its end.
func scratch() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("taskhook-test-%d", os.Getpid()))
}

// build makes taskhook as it is released, once.
var build = sync.OnceValues(func() (string, error) {
	program := filepath.Join(scratch(), "taskhook")
	cmd := exec.Command("go", "build", "-o", program, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return program, nil
})

// released returns the path of taskhook as it is released. It starts sooner than the
// test binary, and is for tests that start many processes and look at what they print;
// the race detector watches the same code in the tests of its packages.
func released(t *testing.T) string {
	t.Helper()
	program, err := build()
	if err != nil {
		t.Fatalf("build taskhook: %v", err)
	}
	return program
}

// process returns a command that runs taskhook with no settings in its
// environment.
func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{asProgram}, args...)...)
	cmd.Env = []string{}
	return cmd
}

// invoke runs a command line in this process and expects the exit code.
func invoke(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	noEnv := func(string) (string, bool) { return "", false }
	if got := run(t.Context(), args, &out, &errs, noEnv); got != code {
		t.Fatalf("taskhook %s exits with %d, want %d\n%s%s", strings.Join(args, " "), got, code, out.String(), errs.String())
	}
	return out.String(), errs.String()
}

// expect fails unless the text has all parts.
func expect(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"--help"}} {
		stdout, stderr := invoke(t, 0, args...)
		expect(t, stdout, "Usage: taskhook <command>", "serve ", "key create", "migrate", "version")
		if stderr != "" || strings.Index(stdout, "serve ") > strings.Index(stdout, "version ") {
			t.Errorf("help is %s%s", stdout, stderr)
		}
	}
	stdout, _ := invoke(t, 0, "serve", "--help")
	expect(t, stdout, "--listen=HOST:PORT", "[TASKHOOK_LISTEN]", "Default: 127.0.0.1:8080.")
	if strings.Contains(stdout, "bootstrap") {
		t.Error("a secret can be given as a flag")
	}
}

func TestUsageErrors(t *testing.T) {
	t.Parallel()
	cases := map[string][]string{
		"unexpected argument nope":       {"nope"},
		`expected one of "create"`:       {"key"},
		"unknown flag --bogus":           {"serve", "--bogus"},
		"expected \"<id>\"":              {"key", "revoke"},
		"public-url \"example.com\"":     {"config", "--public-url", "example.com"},
		"dev lets everybody":             {"serve", "--dev", "--listen", "10.0.0.1:80"},
		"/nowhere.yaml":                  {"key", "list", "--config", "/nowhere.yaml"},
		"must be one of \"text\",\"json": {"serve", "--log-format", "xml"},
		"write it like 30s, 5m or 2h":    {"serve", "--schedule", "soon"},
	}
	for want, args := range cases {
		stdout, stderr := invoke(t, 2, args...)
		expect(t, stderr, "taskhook: ", want)
		if stdout != "" {
			t.Errorf("%q prints %s", args, stdout)
		}
	}
}

func TestConfigCommand(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "taskhook.yaml")
	if err := os.WriteFile(file, []byte("data: /srv/data\nports: [80]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, _ := invoke(t, 0, "config", "--config", file, "--schedule", "1s,2s", "--allow", "a,b", "--allow", "c", "--dev=false")
	expect(t, stdout, "data: /srv/data # "+file+":1\n", "ports: [80] # ", `schedule: "1s,2s" # --schedule`, "allow: [a, b, c] # --allow\n", "dev: false # --dev")
	stdout, _ = invoke(t, 0, "config", "--markdown")
	expect(t, stdout, "# Configuration\n")
}

func TestKeys(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	stdout, _ := invoke(t, 0, "key", "create", "--data", dir, "--name", "laptop")
	expect(t, stdout, "key: thk_live_", "shown only this once")
	stdout, _ = invoke(t, 0, "key", "create", "--data", dir, "--test", "--json", "--account", "studio")
	var made shownKey
	if err := json.Unmarshal([]byte(stdout), &made); err != nil {
		t.Fatal(err)
	}
	if !made.Test || !strings.HasPrefix(made.Text, "thk_test_") || made.RevokedAt != nil {
		t.Errorf("made %+v", made)
	}

	stdout, _ = invoke(t, 0, "key", "list", "--data", dir)
	expect(t, stdout, "thk_live_", `"laptop"`, made.ID, "valid")
	stdout, _ = invoke(t, 0, "key", "revoke", made.ID, "--data", dir)
	expect(t, stdout, made.ID+" is revoked")
	_, stderr := invoke(t, 1, "key", "revoke", made.ID, "--data", dir)
	expect(t, stderr, "There is no valid key "+made.ID)

	stdout, _ = invoke(t, 0, "key", "list", "--data", dir, "--json")
	var listed []shownKey
	if err := json.Unmarshal([]byte(stdout), &listed); err != nil {
		t.Fatal(err)
	}
	if len(listed) != 2 || listed[0].RevokedAt != nil || listed[1].RevokedAt == nil || listed[0].Account == listed[1].Account {
		t.Errorf("listed %+v", listed)
	}
	if strings.Contains(stdout, made.Text) {
		t.Error("the list shows the text of a key")
	}
}

func TestKeyLimits(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	for want, args := range map[string][]string{
		"There is no permission": {"--permission", "video:make"},
		"no address and no":      {"--ip", "10.0.0"},
		"--expires \"soon\"":     {"--expires", "soon"},
		"is not in the future":   {"--expires=-1h"},
		"is not in the future.":  {"--expires", "2020-01-01T00:00:00Z"},
	} {
		_, stderr := invoke(t, 1, append([]string{"key", "create", "--data", dir}, args...)...)
		expect(t, stderr, want)
	}
	invoke(t, 0, "key", "create", "--data", dir, "--permission", "video:create", "--permission", "tasks:read", "--ip", "10.1.2.3/8",
		"--expires", "2100-01-01T00:00:00Z")
	invoke(t, 0, "key", "create", "--data", dir, "--expires", "720h")
	stdout, _ := invoke(t, 0, "key", "list", "--data", dir)
	expect(t, stdout, "valid until 2100-01-01", "video:create tasks:read", "10.0.0.0/8", "all")
	stdout, _ = invoke(t, 0, "key", "list", "--data", dir, "--json")
	expect(t, stdout, `"video:create"`, `"10.0.0.0/8"`, `"expires_at": "2100-01-01T00:00:00Z"`)
}

func TestNoDatabaseIsMadeByLooking(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	for _, args := range [][]string{{"list"}, {"revoke", "key_x"}} {
		_, stderr := invoke(t, 1, append(append([]string{"key"}, args...), "--data", dir)...)
		expect(t, stderr, dir+" holds no database yet")
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the directory was made: %v", err)
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stdout, _ := invoke(t, 0, "migrate", "--data", dir)
	expect(t, stdout, "applied 0001_")
	stdout, _ = invoke(t, 0, "migrate", "--data", dir)
	if stdout != "up to date\n" {
		t.Errorf("the second time: %s", stdout)
	}
}

func TestBesideARunningServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lock, err := store.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"migrate"}, {"key", "create"}, {"serve", "--listen", "127.0.0.1:0"}} {
		_, stderr := invoke(t, 1, append(args, "--data", dir)...)
		expect(t, stderr, "is in use by another taskhook process")
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	invoke(t, 0, "migrate", "--data", dir)
	if lock, err = store.LockDir(dir); err != nil {
		t.Fatal(err)
	}
	invoke(t, 0, "key", "create", "--data", dir)
	invoke(t, 0, "key", "list", "--data", dir)
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	stdout, _ := invoke(t, 0, "version")
	expect(t, stdout, "taskhook ", "go1.")
	info := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}, {Key: "vcs.modified", Value: "true"}}}
	expect(t, describe(info), "taskhook v1.2.3 (commit 0123456789ab, changed since, go1.")
	expect(t, describe(&debug.BuildInfo{}), "taskhook (devel) (go1.")
}

func TestRelativeDataDirectory(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"--data", "d"}, {"--data", "./a b/d?x=1#y%41"}} {
		cmd := process(t, append([]string{"migrate"}, args...)...)
		cmd.Dir = t.TempDir()
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.HasPrefix(out, []byte("applied ")) {
			t.Errorf("migrate %q: %v\n%s", args, err, out)
		}
	}
}
