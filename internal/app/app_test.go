package app_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/webhook"
)

func TestSmoke(t *testing.T) {
	cfg := config.Default()
	cfg.Data, cfg.Listen, cfg.Dev = t.TempDir(), "127.0.0.1:0", true
	a, err := app.Open(t.Context(), app.Options{Config: cfg, Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- a.Run(ctx) }()
	got := make(chan string, 10)
	var secret string
	rec := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if secret != "" && r.Header.Get("X-Webhook-Signature") != "" {
			b, err := webhook.VerifyRequest(r, secret)
			got <- string(b) + " " + errString(err)
			return
		}
		b, _ := io.ReadAll(r.Body)
		got <- string(b)
	}))
	defer rec.Close()
	do := func(method, path, body string) string {
		req, _ := http.NewRequest(method, a.BaseURL()+path, stringsReader(body))
		req.Header.Set("Authorization", "Bearer "+a.FreshKey)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		t.Log(method, path, resp.StatusCode, string(b))
		return string(b)
	}
	s := do("POST", "/api/v1/webhooks", `{"url":"`+rec.URL+`","events":["task.completed","task.failed","order.paid"]}`)
	secret = field(s, "secret")
	do("POST", "/api/v1/events", `{"type":"order.paid","data":{"a":1}}`)
	t.Log(<-got)
	do("POST", "/api/v1/vidu/text-to-video", `{"model":"viduq3-turbo","input":{"prompt":"a cat","duration":2,"sandbox":{"seconds":0.1}},"webhookUrl":"`+rec.URL+`/job","metadata":{"b":1.0,"1":"x"}}`)
	t.Log(<-got)
	t.Log(<-got)
	do("GET", "/api/v1/tasks", "")
	time.Sleep(50 * time.Millisecond)
	do("GET", "/api/v1/deliveries", "")
	do("POST", "/api/v1/webhooks/"+field(s, "id")+"/test", "")
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
