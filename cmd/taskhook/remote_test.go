//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// variables are an environment.
type variables map[string]string

func (v variables) look(name string) (string, bool) {
	value, ok := v[name]
	return value, ok
}

// ask runs a command line that speaks to a server, and expects the exit code.
func ask(t *testing.T, server string, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	env := variables{"TASKHOOK_SERVER": server, "TASKHOOK_API_KEY": program.Key}
	if got := run(t.Context(), args, &out, &errs, env.look); got != code {
		t.Fatalf("taskhook %s exits with %d, want %d\n%s%s", strings.Join(args, " "), got, code, &out, &errs)
	}
	return out.String(), errs.String()
}

// objects reads what --json prints.
func objects[T any](t *testing.T, text string) (all []T) {
	t.Helper()
	for line := range strings.Lines(text) {
		var one T
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, one)
	}
	return all
}

// one is objects for a single one.
func one[T any](t *testing.T, text string) T {
	t.Helper()
	all := objects[T](t, text)
	if len(all) != 1 {
		t.Fatalf("%d objects in %s", len(all), text)
	}
	return all[0]
}

const quick = `{"width":64,"height":64,"sandbox":{"seconds":0}}`

func TestTaskCommands(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	submit := []string{"task", "submit", "seedream/text-to-image", "--model", "seedream-4-0", "--input"}

	stdout, stderr := ask(t, s.URL, 0, append(submit, quick, "--prompt", "a cat", "--metadata", `{"a":1}`, "--watch", "--json")...)
	k := one[client.Task](t, stdout)
	if k.Status != "succeeded" || string(k.Metadata) != `{"a":1}` || len(k.Result) != 1 {
		t.Fatalf("made %+v", k)
	}
	expect(t, stderr, k.ID+" is accepted\n")
	stdout, stderr = ask(t, s.URL, 0, "task", "get", k.ID)
	expect(t, stdout, "task        "+k.ID+"\nstatus      succeeded\n", "model       seedream/seedream-4-0\n", "result      png, ", "/results/"+k.ID+".png")
	if stderr != "" {
		t.Errorf("get says %s", stderr)
	}

	dir := t.TempDir()
	file := filepath.Join(dir, k.ID+".png")
	stdout, _ = ask(t, s.URL, 0, "task", "download", k.ID, "--dir", dir)
	if got, err := os.ReadFile(file); stdout != file+"\n" || err != nil || int64(len(got)) != k.Result[0].SizeBytes {
		t.Errorf("downloaded %s: %d bytes, %v", stdout, len(got), err)
	}
	_, stderr = ask(t, s.URL, 1, "task", "download", k.ID, "--dir", dir)
	expect(t, stderr, file+" is there already")
	stdout, _ = ask(t, s.URL, 0, "task", "download", k.ID, "--dir", dir, "--force", "--json")
	if r := one[client.Result](t, stdout); r.Format != "png" {
		t.Errorf("downloaded %+v", r)
	}

	stdout, stderr = ask(t, s.URL, 1, append(submit, `{"prompt":"x","sandbox":{"seconds":0,"fail":"it broke"}}`, "--watch")...)
	expect(t, stdout, "status      failed", "error       it broke (PROVIDER_ERROR)")
	expect(t, stderr, "has failed: it broke (PROVIDER_ERROR)")
	stdout, _ = ask(t, s.URL, 0, "task", "list", "--json", "--status", "failed")
	failed := one[client.Task](t, stdout)
	_, stderr = ask(t, s.URL, 1, "task", "download", failed.ID)
	expect(t, stderr, "has failed: it broke")
	stdout, _ = ask(t, s.URL, 0, "task", "retry", failed.ID)
	expect(t, stdout, "retry of  "+failed.ID)

	_, stderr = ask(t, s.URL, 1, "task", "retry", k.ID)
	expect(t, stderr, "only a failed or expired task can be retried. (CONFLICT, request req_")
}

func TestCancelCommand(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	stdout, stderr := ask(t, s.URL, 0, "task", "submit", "seedream/text-to-image", "--model=seedream-4-0", `--input={"prompt":"x","sandbox":{"seconds":3600}}`, "--idempotency-key=k1")
	id, _, _ := strings.Cut(strings.TrimPrefix(stdout, "task     "), "\n")
	expect(t, stdout, "status   pending\n")
	expect(t, stderr, "`taskhook task watch "+id+"` follows it\n")
	_, stderr = ask(t, s.URL, 1, "task", "download", id)
	expect(t, stderr, "has no results yet")
	stdout, _ = ask(t, s.URL, 0, "task", "cancel", id)
	expect(t, stdout, "status      cancelled")
	stdout, stderr = ask(t, s.URL, 1, "task", "watch", id, "--json")
	if k := one[client.Task](t, stdout); k.Status != "cancelled" {
		t.Errorf("watched %+v", k)
	}
	expect(t, stderr, id+" is cancelled")

	for range 4 {
		ask(t, s.URL, 0, "task", "submit", "seedream/text-to-image", "--model=seedream-4-0", "--prompt=x", "--input="+quick)
	}
	stdout, stderr = ask(t, s.URL, 0, "task", "list", "--limit", "3")
	expect(t, stderr, "3 of 5 shown; --all shows all")
	expect(t, stdout, "ID   ", "STATUS", "seedream/seedream-4-0")
	stdout, _ = ask(t, s.URL, 0, "task", "list", "--all", "--since", "1h", "--provider", "seedream", "--model", "seedream-4-0", "--json")
	if n := len(objects[client.Task](t, stdout)); n != 5 {
		t.Errorf("all are %d", n)
	}
	stdout, stderr = ask(t, s.URL, 0, "task", "list", "--provider", "none")
	if stdout != "" || stderr != "nothing found\n" {
		t.Errorf("no tasks are %s%s", stdout, stderr)
	}
}

func TestEndpointCommands(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	r := program.NewReceiver(t, http.StatusTeapot)
	stdout, stderr := ask(t, s.URL, 0, "endpoint", "add", r.URL, "--event", "task.completed", "--event", "order.paid", "--retry", "1m,5m", "--description", "<b>&")
	expect(t, stdout, "state        active\n", "events       task.completed, order.paid\n", "retries      after 1m0s, 5m0s\n", "secret       whsec_")
	expect(t, stderr, "The secret is shown only this once")
	stdout, _ = ask(t, s.URL, 0, "webhook", "list", "--json", "--state", "active")
	w := one[client.Webhook](t, stdout)
	stdout, _ = ask(t, s.URL, 0, "webhook", "get", "--json", w.ID)
	if want := answerData(t, s.URL+"/api/v1/webhooks/"+w.ID); stdout != want+"\n" {
		t.Errorf("--json prints\n%s\nthe API says\n%s", stdout, want)
	}
	stdout, _ = ask(t, s.URL, 0, "endpoint", "list")
	expect(t, stdout, w.ID+"  active", r.URL)

	stdout, stderr = ask(t, s.URL, 1, "endpoint", "test", w.ID)
	expect(t, stdout, "state     failed\nstatus    418\n")
	expect(t, stderr, "the test event did not arrive: `taskhook delivery get dlv_")
	stdout, _ = ask(t, s.URL, 0, "endpoint", "test", w.ID, "--json")
	if result := one[client.TestResult](t, stdout); !result.Delivered {
		t.Errorf("tested %+v", result)
	}
	stdout, _ = ask(t, s.URL, 0, "endpoint", "pause", w.ID)
	expect(t, stdout, "state        paused\n")
	stdout, _ = ask(t, s.URL, 0, "endpoint", "resume", w.ID)
	expect(t, stdout, "state        active\n")
	stdout, _ = ask(t, s.URL, 0, "endpoint", "update", w.ID, "--retry", "none", "--description", "", "--event", "a.b")
	if strings.Contains(stdout, "description") {
		t.Errorf("the description stays: %s", stdout)
	}
	expect(t, stdout, "retries   none\n", "events    a.b\n")
	stdout, _ = ask(t, s.URL, 0, "endpoint", "update", w.ID, "--retry", "default", "--url", r.URL+"/2")
	expect(t, stdout, "retries   the server's schedule\n", "url       "+r.URL+"/2\n")
	stdout, stderr = ask(t, s.URL, 0, "endpoint", "rotate", w.ID, "--overlap", "24h")
	expect(t, stdout, "secret         whsec_", "in force from  ", "old one ends   ", "(in 23h)")
	expect(t, stderr, "The secret is shown only this once")
	stdout, _ = ask(t, s.URL, 0, "endpoint", "delete", w.ID)
	if stdout != w.ID+" is deleted\n" {
		t.Errorf("delete prints %s", stdout)
	}
	_, stderr = ask(t, s.URL, 1, "endpoint", "get", w.ID)
	expect(t, stderr, "There is no webhook", "(NOT_FOUND, request req_")
}

// answerData returns the data of an answer of the API as it came.
func answerData(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+program.Key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var frame struct{ Data json.RawMessage }
	if err := json.NewDecoder(res.Body).Decode(&frame); err != nil {
		t.Fatal(err)
	}
	return string(frame.Data)
}

func TestDeliveryCommands(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	r := program.NewReceiver(t, http.StatusUnauthorized, http.StatusBadGateway)
	ask(t, s.URL, 0, "endpoint", "add", r.URL, "--event", "order.paid", "--retry", "none")
	stdout, _ := ask(t, s.URL, 0, "event", "publish", "order.paid", "--data", `{"id":7}`)
	event := strings.TrimSpace(stdout)
	r.Wait(t, 1)
	stdout, _ = ask(t, s.URL, 0, "delivery", "list", "--event", event, "--json")
	d := one[client.Delivery](t, stdout)
	if _, err := awaitDelivery(t.Context(), s, &progress{to: &screen{w: t.Output()}}, d.ID); err != nil {
		t.Fatal(err)
	}

	stdout, _ = ask(t, s.URL, 0, "delivery", "get", d.ID)
	expect(t, stdout, "delivery  "+d.ID+"\nstate     failed\n", "event     "+event+" (order.paid)\n", "\nattempt 1  20", "  status 401  ", " ms  status\n", "  > thanks\n",
		"\nhint  The receiver turned the webhook away", "`taskhook delivery replay "+d.ID+"`")
	stdout, _ = ask(t, s.URL, 0, "delivery", "get", d.ID, "--json")
	first, rest, _ := strings.Cut(stdout, "\n")
	if a := one[client.Attempt](t, rest); one[client.Delivery](t, first).ID != d.ID || a.StatusCode != http.StatusUnauthorized || a.Response != "thanks" {
		t.Errorf("as JSON %s", stdout)
	}
	stdout, _ = ask(t, s.URL, 0, "delivery", "list", "--state", "failed", "--endpoint", d.WebhookID, "--class", "status", "--type", "order.paid", "--since", "1h")
	expect(t, stdout, d.ID+"  failed  1", "the receiver answered 401")

	stdout, _ = ask(t, s.URL, 0, "endpoint", "health", d.WebhookID)
	expect(t, stdout, "state              active\n", "status: the receiver answered 401", "failures in a row  1\n",
		"last hour          0 of 1 attempts succeeded (0.0 %); failed: status 1\n", "owed               0\n", "Z  0          1", "hint  The receiver turned")
	stdout, _ = ask(t, s.URL, 0, "endpoint", "health", d.WebhookID, "--json")
	if h := one[client.WebhookHealth](t, stdout); h.ConsecutiveFailures != 1 || h.LastDay.GivenUp != 1 || len(h.Hours) != 24 {
		t.Errorf("as JSON %s", stdout)
	}
	_, stderr := ask(t, s.URL, 0, "delivery", "list", "--class", "tls", "--until", "2026-01-01")
	expect(t, stderr, "nothing found")

	stdout, stderr = ask(t, s.URL, 1, "delivery", "replay", d.ID, "--watch", "--json")
	if again := one[client.Delivery](t, stdout); again.State != "failed" || again.ReplayOf != d.ID {
		t.Errorf("replayed %+v", again)
	}
	expect(t, stderr, d.ID+" is sent again as dlv_", "1 of 1 did not arrive")
	stdout, stderr = ask(t, s.URL, 1, "delivery", "replay", "dlv_none", d.ID, "--watch")
	expect(t, stdout, "delivered  1")
	expect(t, stderr, "dlv_none: There is no delivery dlv_none", "1 of 2 can't be sent again")
}

func TestPublishBatch(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	publish := func(input string) (stdout, stderr string, err error) {
		cmd := process(t, "event", "publish", "--batch", "--json", "--server", s.URL)
		cmd.Env = []string{"TASKHOOK_API_KEY=" + program.Key}
		cmd.Stdin = strings.NewReader(input)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		err = cmd.Run()
		return out.String(), errs.String(), err
	}
	line := `{"type":"a.b","data":{"n":1}}` + "\n"
	stdout, stderr, err := publish(strings.Repeat(line, client.MaxEvents+2))
	if n := len(objects[client.PublishedEvent](t, stdout)); err != nil || stderr != "" || n != client.MaxEvents+2 {
		t.Errorf("%d published, %v\n%s", n, err, stderr)
	}
	stdout, stderr, err = publish(strings.Repeat(line, client.MaxEvents+1) + "oops")
	if n := len(objects[client.PublishedEvent](t, stdout)); err == nil || n != client.MaxEvents {
		t.Errorf("%d published, %v", n, err)
	}
	expect(t, stderr, "the first 500 events are published, the rest is not: read event 502: ")
	_, stderr, _ = publish(`{"type":"task.mine","data":{}}`)
	expect(t, stderr, "nothing is published: type: Types that begin with task.")
	_, stderr, _ = publish("")
	expect(t, stderr, "the standard input has no events")
}
