package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// vendorFile describes the API of a test with one model, whose state is at a path.
const vendorFile = `
providers:
  acme:
    url: %s
    submit: {path: /jobs, body: '{}', handle: .id}
    poll: {path: '/%s/\($handle)', every: 20ms}
    state: .state
    states: {done: succeeded}
    outputs: '{text: .text}'
models:
  acme: {%s: {adapter: "http:acme", capabilities: {text-to-image: any}}}
`

// TestReload: files are read anew; one that can't be used changes nothing, and what
// goes on does so.
func TestReload(t *testing.T) {
	t.Parallel()
	var done atomic.Bool
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		state := "busy"
		if done.Load() || strings.HasPrefix(r.URL.Path, "/soon") {
			state = "done"
		}
		fmt.Fprintf(w, `{"id":"1","state":%q,"text":"hello"}`, map[bool]string{true: "waiting", false: state}[r.Method == http.MethodPost])
	}))
	defer api.Close()
	file := filepath.Join(t.TempDir(), "acme.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(fmt.Sprintf(vendorFile, api.URL, "slow", "one"))
	cfg, err := config.Load(&config.Config{Provider: []string{file}, Dev: true, Listen: "127.0.0.1:0", Location: config.Location{Data: t.TempDir()}},
		[]string{"provider", "dev", "listen", "data"}, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	cfg.BootstrapKey = config.NewSecret(program.Key)
	logs, reload := &testkit.Logs{}, make(chan os.Signal)
	ctx, stop := context.WithCancel(context.Background())
	a, err := app.Open(ctx, app.Options{Config: cfg, Logger: slog.New(logs), Reload: reload})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- a.Run(ctx) }()
	c := client.New(a.BaseURL(), program.Key)
	submit := func(model string) (client.AcceptedTask, error) {
		return c.Submit(t.Context(), "acme", "text-to-image", client.Submission{Model: model, Input: json.RawMessage(`{}`)})
	}
	becomes := func(id, status string) {
		testkit.Until(t, "the task is "+status, func() bool {
			k, err := c.Task(t.Context(), id)
			return err == nil && k.Status == status
		})
	}
	first, err := submit("one")
	if err != nil {
		t.Fatal(err)
	}
	becomes(first.ID, "running")

	write("models:\n  acme: {two: {adapter: 'http:nobody', capabilities: {text-to-image: any}}}\n  acme2: [\n")
	reload <- syscall.SIGHUP
	testkit.Until(t, "the mistake is complained of", func() bool { return logs.Count(file+":3:") > 0 })
	if _, err := submit("one"); err != nil {
		t.Errorf("after a bad file: %v", err)
	}
	write(fmt.Sprintf(vendorFile, api.URL, "soon", "two"))
	reload <- syscall.SIGHUP
	testkit.Until(t, "the file is read anew", func() bool { return logs.Count("read anew") > 0 })
	second, err := submit("two")
	if err != nil {
		t.Fatal(err)
	}
	becomes(second.ID, "succeeded")
	if _, err := submit("one"); err == nil {
		t.Error("the model that is no longer written is still there")
	}
	becomes(first.ID, "running")
	done.Store(true)
	becomes(first.ID, "succeeded")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
