package dashboard

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// follow asks for a page's stream and returns what it was sent, once it has ended.
func (b *browser) follow(ctx context.Context, path string) <-chan *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://taskhook.example"+path, nil).WithContext(ctx)
	r.Header.Set("Accept", httpserver.EventStreamType)
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	done := make(chan *httptest.ResponseRecorder, 1)
	go func() {
		w := httptest.NewRecorder()
		b.d.ServeHTTP(w, r)
		done <- w
	}()
	return done
}

func events(w *httptest.ResponseRecorder) int {
	return strings.Count("\n\n"+w.Body.String(), "\n\ndata:")
}

func TestLivePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := fullWorld("x")
		b := signedIn(t, world, keyOne)
		ctx, leave := context.WithCancel(t.Context())
		done := b.follow(ctx, "/deliveries/dlv_a")
		<-time.After(10 * time.Second)
		unlock := world.lock()
		world.deliveries[0].State = taskhook.DeliveryDelivered
		unlock()
		<-time.After(30 * time.Second)
		leave()
		w := <-done
		if w.Header().Get("Content-Type") != httpserver.EventStreamType || events(w) != 2 {
			t.Errorf("%d events: %s", events(w), w.Body)
		}
		if !strings.Contains(w.Body.String(), "\n:\n\n") {
			t.Error("a silent stream shows no sign of life")
		}
		for line := range strings.Lines(w.Body.String()) {
			if line != "\n" && line != ":\n" && !strings.HasPrefix(line, "data: ") {
				t.Errorf("the line %q is none of an event stream", line)
			}
		}
	})
}

func TestLivePageEnds(t *testing.T) {
	for name, end := range map[string]func(*world, *atomic.Bool){
		"when the key is revoked":  func(w *world, _ *atomic.Bool) { defer w.lock()(); w.revoked[keyOne] = true },
		"when its subject is gone": func(w *world, _ *atomic.Bool) { defer w.lock()(); w.deliveries = nil },
		"when the server stops":    func(_ *world, stopping *atomic.Bool) { stopping.Store(true) },
		"after some time":          func(*world, *atomic.Bool) { <-time.After(streamLife) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var stopping atomic.Bool
				w := fullWorld("x")
				b := signedIn(t, w, keyOne)
				b.d = newDashboard(t, w, func(c *Config) { c.Stopping = stopping.Load })
				done := b.follow(t.Context(), "/deliveries/dlv_a")
				synctest.Wait()
				end(w, &stopping)
				<-done
			})
		})
	}
}

func TestLivePagesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := signedIn(t, fullWorld("x"), keyOne)
		ctx, leave := context.WithCancel(t.Context())
		var open []<-chan *httptest.ResponseRecorder
		for range maxStreams {
			open = append(open, b.follow(ctx, "/endpoints"))
		}
		synctest.Wait()
		if w := <-b.follow(ctx, "/endpoints"); w.Code != http.StatusServiceUnavailable {
			t.Errorf("one more: status %d", w.Code)
		}
		leave()
		for _, done := range open {
			<-done
		}
		ctx, leave = context.WithCancel(t.Context())
		defer leave()
		done := b.follow(ctx, "/endpoints")
		synctest.Wait()
		leave()
		if w := <-done; w.Code != http.StatusOK {
			t.Errorf("after the others have left: status %d", w.Code)
		}
	})
}

func TestWhatCantBeFollowed(t *testing.T) {
	t.Parallel()
	b := signedIn(t, fullWorld("x"), keyOne)
	for _, path := range []string{"/endpoints/new", "/deliveries/dlv_zzz"} {
		if w := <-b.follow(t.Context(), path); w.Code != http.StatusForbidden {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	b.cookies = nil
	if w := <-b.follow(t.Context(), "/"); w.Code != http.StatusForbidden {
		t.Errorf("signed out: status %d", w.Code)
	}
}

// TestFollowingTakesNoFlash holds that a page in the background does not swallow
// what is to be said on another.
func TestFollowingTakesNoFlash(t *testing.T) {
	t.Parallel()
	b := signedIn(t, fullWorld("x"), keyOne)
	b.post("/endpoints/wh_a/pause")
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if w := <-b.follow(ctx, "/endpoints"); len(w.Result().Cookies()) > 0 {
		t.Error("the stream changes cookies")
	}
	b.sees(b.get("/endpoints/wh_a"), http.StatusOK, "Paused.")
}
