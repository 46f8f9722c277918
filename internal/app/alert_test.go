package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// TestAlert has a receiver answer that it is gone: its webhook is disabled, and the
// operator is told by both ways, without the secrets of our environment.
func TestAlert(t *testing.T) {
	t.Setenv("TASKHOOK_SECRET_OF_OURS", "hush")
	told := filepath.Join(t.TempDir(), "told")
	if err := syscall.Mkfifo(told, 0o600); err != nil {
		t.Fatal(err)
	}
	operator := program.NewReceiver(t)
	s := program.Start(t, func(c *config.Config) {
		c.Alert.URL, c.Alert.Command = operator.URL, []string{"sh", "-c", "{ cat; env; } > " + told}
	})
	gone := program.NewReceiver(t, 410)
	hook, err := s.CreateWebhook(t.Context(), client.NewWebhook{URL: gone.URL, Events: []string{"order.paid"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(t.Context(), client.NewEvent{Type: "order.paid", Data: json.RawMessage(`{}`)}); err != nil {
		t.Fatal(err)
	}
	body := string(operator.Wait(t, 1)[0].Body)
	if !strings.Contains(body, `"type":"endpoint.disabled"`) || !strings.Contains(body, hook.ID) {
		t.Errorf("the operator is told %s", body)
	}
	text, err := os.ReadFile(told)
	if err != nil || !strings.HasPrefix(string(text), body) || strings.Contains(string(text), "hush") {
		t.Errorf("the command is told %s, %v", text, err)
	}
	if got, err := s.Client.Webhook(t.Context(), hook.ID); err != nil || got.State != "disabled" {
		t.Errorf("the webhook is %+v, %v", got, err)
	}
}
