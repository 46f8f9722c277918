package app_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// refused fails unless err is an answer with the status and code.
func refused(t *testing.T, what string, err error, status int, code string) {
	t.Helper()
	if bad, ok := errors.AsType[*client.Error](err); !ok || bad.Status != status || bad.Code != code {
		t.Errorf("%s: %v", what, err)
	}
}

// TestKeysOfKeys follows a key through the running program: it is made with
// limits, held to them, and deleted.
func TestKeysOfKeys(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	ctx := t.Context()
	with := func(n client.NewKey) (*client.Client, client.Key) {
		n.Name = "made"
		k, err := s.CreateKey(ctx, n)
		if err != nil {
			t.Fatal(err)
		}
		return client.New(s.URL, k.Key), k
	}
	images, made := with(client.NewKey{Permissions: map[string]bool{"image:create": true, "keys:write": true}})
	if _, err := images.Submit(ctx, "seedream", "text-to-image", submission(quick(""))); err != nil {
		t.Errorf("what is permitted: %v", err)
	}
	_, err := images.Submit(ctx, "vidu", "text-to-video", client.Submission{Model: "viduq3-turbo", Input: quick("")})
	refused(t, "another medium", err, http.StatusForbidden, "KEY_PERMISSION_DENIED")
	_, err = images.Tasks(ctx, client.TaskQuery{})
	refused(t, "another route", err, http.StatusForbidden, "KEY_PERMISSION_DENIED")
	_, err = images.CreateKey(ctx, client.NewKey{Name: "more"})
	refused(t, "a key that may do more", err, http.StatusForbidden, "KEY_PERMISSION_DENIED")

	elsewhere, _ := with(client.NewKey{IPWhitelist: []string{"192.0.2.0/24"}})
	_, err = elsewhere.Tasks(ctx, client.TaskQuery{})
	refused(t, "from here", err, http.StatusForbidden, "FORBIDDEN")
	here, _ := with(client.NewKey{IPWhitelist: []string{"127.0.0.0/8"}, ExpiresAt: time.Now().Add(time.Hour)})
	if _, err := here.Tasks(ctx, client.TaskQuery{}); err != nil {
		t.Errorf("from here: %v", err)
	}

	foreign := s.NewAccount(t, "other", true)
	refused(t, "delete as another account", foreign.DeleteKey(ctx, made.ID), http.StatusNotFound, "NOT_FOUND")
	no := false
	_, err = foreign.CreateKey(ctx, client.NewKey{Name: "live", Test: &no})
	refused(t, "a live key of a test key", err, http.StatusForbidden, "KEY_PERMISSION_DENIED")

	if err := s.DeleteKey(ctx, made.ID); err != nil {
		t.Fatal(err)
	}
	_, err = images.Tasks(ctx, client.TaskQuery{})
	refused(t, "a deleted key", err, http.StatusForbidden, "KEY_REVOKED")
	list, err := s.Keys(ctx, client.PageQuery{})
	if err != nil || len(list.Items) != 3 || list.Total != 3 {
		t.Fatalf("the keys are %+v, %v", list, err)
	}
	for _, k := range list.Items {
		if k.Key != "" || k.ID == made.ID || k.Hint == "" {
			t.Errorf("listed %+v", k)
		}
	}
}

// TestRateLimit holds that a key that asks too often is told when to come back,
// and that another is not affected.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	s := program.Start(t, func(c *config.Config) { c.RateLimit = 1 })
	other := s.NewAccount(t, "other", false)
	var err error
	for n := 0; n < 1000 && err == nil; n++ {
		_, err = s.Models(t.Context(), client.ModelQuery{Provider: "none"})
	}
	refused(t, "too often", err, http.StatusTooManyRequests, "RATE_LIMIT_EXCEEDED")
	if bad, ok := errors.AsType[*client.Error](err); !ok || bad.RetryAfter != time.Second {
		t.Errorf("come back after %+v", bad)
	}
	if _, err := other.Models(t.Context(), client.ModelQuery{Provider: "none"}); err != nil {
		t.Errorf("another key: %v", err)
	}
}
