//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/client"
)

// fake serves one answer to everything.
func fake(t *testing.T, status int, header, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if name, value, ok := strings.Cut(header, ": "); ok {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestNoServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close()
	_, stderr := ask(t, server.URL, 1, "task", "list")
	expect(t, stderr, "taskhook: nothing listens at "+server.URL+": start `taskhook serve` or set --server\n")
	_, stderr = ask(t, "http://nobody.invalid", 1, "task", "list")
	expect(t, stderr, "http://nobody.invalid", "check --server")
	server = httptest.NewServer(nil)
	t.Cleanup(server.Close)
	_, stderr = ask(t, strings.Replace(server.URL, "http", "https", 1), 1, "task", "list")
	expect(t, stderr, "does not speak TLS: use http://")
	for _, bad := range []string{"localhost:8080", "ftp://x", "http://", "http://u:p@x", "http://x?y", "\x1b"} {
		_, stderr = ask(t, bad, 2, "task", "list")
		expect(t, stderr, "taskhook: the server ")
		harmlessOnTerminal(t, stderr)
	}
}

func TestKeySources(t *testing.T) {
	t.Parallel()
	var sent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = r.Header.Get("Authorization")
		fmt.Fprint(w, `{"success":true,"data":[]}`)
	}))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ask(t, server.URL, 0, "task", "list", "--key-file", file("key", "thk_live_x\n"))
	if sent != "Bearer thk_live_x" {
		t.Errorf("sent %s", sent)
	}
	for path, want := range map[string]string{file("empty", "\n"): "is empty", file("two", "a\nb\n"): "something else than one API key", dir + "/none": "no such file"} {
		_, stderr := ask(t, server.URL, 2, "task", "list", "--key-file", path)
		expect(t, stderr, want)
	}
	_, stderr := invoke(t, 2, "task", "list")
	expect(t, stderr, "no API key is given: set TASKHOOK_API_KEY", "--key-file", "taskhook key create")
	stdout, _ := invoke(t, 0, "task", "list", "--help")
	if strings.Contains(stdout, "--key=") {
		t.Error("a key can be given as a flag")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status       int
		header, body string
		want         string
	}{
		"field":   {400, "X-Request-Id: req_1", `{"success":false,"error":{"code":"C","message":"No.","details":{"field":"input.prompt","reason":"No."}}}`, "taskhook: input.prompt: No. (C, request req_1)\n"},
		"busy":    {429, "Retry-After: 7", `{"success":false,"error":{"code":"RATE_LIMIT_EXCEEDED","message":"Too many."}}`, "taskhook: Too many. Try again in 7s. (RATE_LIMIT_EXCEEDED)\n"},
		"hostile": {400, "", `{"success":false,"error":{"code":"\u001b]0;x","message":"two\nlines \u202e\u001b[2J"}}`, `taskhook: two\nlines \u202e\x1b[2J (\x1b]0;x)` + "\n"},
		"page":    {404, "", "<html>\x1b[31m", "does not seem to be a taskhook server (status 404)"},
		"proxy":   {502, "", "bad gateway", "can't be reached through what stands before it (status 502)"},
		"other":   {200, "", `{"success":true,"data":"x"}`, "read the data of the answer"},
	} {
		stdout, stderr := ask(t, fake(t, test.status, test.header, test.body), 1, "task", "get", "task_1")
		if stdout != "" || !strings.Contains(stderr, test.want) {
			t.Errorf("%s: %s%s, want %s", name, stdout, stderr, test.want)
		}
		harmlessOnTerminal(t, stderr)
	}
}

func TestKeyIsNotRedirected(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s was called", r.URL) }))
	t.Cleanup(other.Close)
	_, stderr := ask(t, fake(t, http.StatusTemporaryRedirect, "Location: "+other.URL, ""), 1, "task", "list")
	expect(t, stderr, "redirects (status 307), which is not followed: set --server")
}

// nasty is what a stranger can put into every text.
const nasty = "\x1b[2J\r\n\u009b31m\u202e\u0007"

func answer(t *testing.T, data any) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"success": true, "data": data})
	if err != nil {
		t.Fatal(err)
	}
	return fake(t, http.StatusOK, "", string(body))
}

func TestHostileData(t *testing.T) {
	t.Parallel()
	task := client.Task{ID: nasty, Status: "failed" + nasty, Provider: nasty, Model: nasty, Capability: nasty, OriginalTaskID: nasty,
		Metadata: json.RawMessage(`{"a":"\u001b` + "\u009b" + `"}`), Error: &client.TaskError{Code: nasty, Message: nasty}, Result: []client.Result{{URL: nasty, Format: nasty}}}
	hook := client.Webhook{ID: nasty, URL: nasty, Events: []string{nasty}, Description: nasty, State: nasty, Reason: nasty, Secret: nasty}
	owed := client.Delivery{ID: nasty, EventID: nasty, EventType: nasty, Subject: nasty, WebhookID: nasty, URL: nasty, State: "failed", LastError: nasty, ReplayOf: nasty}
	for _, test := range []struct {
		data any
		args string
	}{
		{task, "task get x"}, {[]any{task}, "task list"}, {task, "task cancel x"}, {client.AcceptedTask{ID: nasty, Status: nasty, Model: nasty, Type: nasty}, "task retry x"},
		{hook, "endpoint get x"}, {[]any{hook}, "endpoint list"}, {hook, "endpoint rotate x"},
		{client.TestResult{EventID: nasty, DeliveryID: nasty, Error: nasty, Delivered: true}, "endpoint test x"},
		{[]any{owed}, "delivery list"}, {owed, "delivery replay x"}, {client.PublishedEvent{ID: nasty, Type: nasty}, "event publish x --data {}"},
	} {
		server := answer(t, test.data)
		for _, format := range []string{"--json=false", "--json"} {
			stdout, stderr := ask(t, server, 0, append(strings.Fields(test.args), format)...)
			harmlessOnTerminal(t, stdout)
			harmlessOnTerminal(t, stderr)
			if stdout == "" {
				t.Errorf("%s prints nothing", test.args)
			}
		}
	}
	a := client.Attempt{Number: 1, Class: nasty, Error: nasty, Response: "a" + nasty + strings.Repeat("x\n", 20)}
	text := describeAttempts(&screen{width: 40}, []client.Attempt{a}) + describeAdvice(&screen{}, owed, []client.Attempt{a})
	harmlessOnTerminal(t, text)
	expect(t, text, "no answer", `  > a\x1b[2J`, "and 11 lines more")
}

func TestEndlessList(t *testing.T) {
	t.Parallel()
	server := fake(t, http.StatusOK, "", `{"success":true,"data":[{"id":"task_1"}],"pagination":{"cursor":"same","hasMore":true,"total":1}}`)
	stdout, _ := ask(t, server, 0, "task", "list", "--all", "--json")
	if n := len(objects[client.Task](t, stdout)); n != 2 {
		t.Errorf("%d lines", n)
	}
}

func TestRemoteUsage(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"a does not say whom to ask": {"task", "submit", "a", "--model", "m"},
		"a/b/c does not say":         {"task", "submit", "a/b/c", "--model", "m"},
		"--limit must be at least 1": {"task", "list", "--limit", "0"},
		"--since must be like 90m":   {"task", "list", "--since", "then"},
		"nothing is to be changed":   {"endpoint", "update", "wh_1"},
		`--retry "x" can't be used`:  {"endpoint", "add", "u", "--event", "a", "--retry", "x"},
		"--overlap must not be":      {"endpoint", "rotate", "wh_1", "--overlap=-1h"},
		"say what to publish":        {"event", "publish", "a"},
		"leave out TYPE and --data":  {"event", "publish", "a", "--batch"},
		"missing flags: --event":     {"endpoint", "add", "u"},
	} {
		_, stderr := ask(t, "http://127.0.0.1:1", 2, args...)
		expect(t, stderr, want)
	}
}

func TestAdvice(t *testing.T) {
	t.Parallel()
	held := describeAdvice(&screen{}, client.Delivery{State: "pending", Held: true, WebhookID: "wh_1"}, nil)
	expect(t, held, "`taskhook endpoint resume wh_1`")
}
