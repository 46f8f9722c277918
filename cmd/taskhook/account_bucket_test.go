//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestAccountBucket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("its secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	set := func(code int, more ...string) (stdout, stderr string) {
		t.Helper()
		return invoke(t, code, append([]string{"account", "bucket", "set", "default", "--data", dir, "--bucket", "media", "--prefix", "mine",
			"--access-key", "AK", "--endpoint", "https://s3.example"}, more...)...)
	}
	invoke(t, 0, "key", "create", "--data", dir)
	_, stderr := set(2, "--secret", "its secret")
	expect(t, stderr, "must not be the secret itself")
	_, stderr = set(1, "--secret", "@"+secret)
	expect(t, stderr, "read the key file", "start `taskhook serve` first")
	if err := os.WriteFile(filepath.Join(dir, "taskhook.key"), []byte("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stderr = invoke(t, 1, "account", "bucket", "show", "default", "--data", dir)
	expect(t, stderr, `the account "default" has no bucket of its own`)
	_, stderr = set(1, "--secret", "@"+secret, "--endpoint", "s3.example")
	expect(t, stderr, "The endpoint is not an address")
	stdout, _ := set(0, "--secret", "@"+secret)
	expect(t, stdout, `results of "default" are copied to the bucket media from now on`)
	stdout, _ = invoke(t, 0, "account", "bucket", "show", "default", "--data", dir)
	expect(t, stdout, `bucket media at https://s3.example, region us-east-1, prefix "mine", key AK`, "0 results wait to be copied, 0 were given up")
	stdout, _ = invoke(t, 0, "account", "bucket", "show", "default", "--data", dir, "--json")
	var shown map[string]any
	if err := json.Unmarshal([]byte(stdout), &shown); err != nil || shown["bucket"] != "media" || shown["waiting"] != 0.0 {
		t.Errorf("shown %s, %v", stdout, err)
	}
	stdout, _ = invoke(t, 0, "account", "bucket", "remove", "default", "--data", dir)
	expect(t, stdout, "are copied nowhere any more")
	_, stderr = invoke(t, 1, "account", "bucket", "remove", "default", "--data", dir)
	expect(t, stderr, "The account has no bucket of its own.")
}
