package artifact_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/testkit/bucket"
)

// signer makes links to nowhere, or none.
type signer struct{ err error }

func (s signer) Sign(_ context.Context, id, mediaType, disposition string) (string, error) {
	return "https://s3.example/" + id + "?" + url.Values{"type": {mediaType}, "disposition": {disposition}}.Encode(), s.err
}

// redirecting is a server of one file, and of one that is lost.
func redirecting(t *testing.T, store *artifact.Store, by artifact.Signer) *server {
	t.Helper()
	s := &server{shelf: shelf{}, links: newLinker(t), mux: http.NewServeMux()}
	id := newID()
	file, err := store.Put(t.Context(), id, "", strings.NewReader("0123456789"))
	if err != nil {
		t.Fatal(err)
	}
	s.shelf["task_x.svg"] = taskhook.Artifact{ID: id, Name: "task_x.svg", MediaType: "image/svg+xml", SHA256: file.SHA256, CreatedAt: noon}
	s.shelf["lost.png"] = taskhook.Artifact{ID: newID(), Name: "lost.png", MediaType: "image/png"}
	s.mux.Handle(artifact.Pattern, &artifact.Handler{Store: store, Links: s.links, Finder: s.shelf, Signer: by,
		Contents: contents{"art_inline": []byte("abc")}, Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler)})
	s.shelf["task_y.txt"] = taskhook.Artifact{ID: "art_inline", Name: "task_y.txt", MediaType: "text/plain", CreatedAt: noon, Inline: true}
	return s
}

func TestRedirect(t *testing.T) {
	t.Parallel()
	store, err := artifact.Open(t.TempDir(), 100)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s := redirecting(t, store, signer{})
	a := s.shelf["task_x.svg"]
	link := s.links.Permanent(a)
	w := s.do("GET", link, "Range", "bytes=2-4")
	want := "https://s3.example/" + a.ID + "?disposition=attachment%3B+filename%3Dtask_x.svg&type=image%2Fsvg%2Bxml"
	if h := w.Header(); w.Code != 302 || h.Get("Location") != want || h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%d %v", w.Code, h)
	}
	for _, tt := range []struct {
		name   string
		got    int
		status int
	}{
		{"head", s.do("HEAD", link).Code, 200},
		{"a page of ours", s.do("GET", link, "Sec-Fetch-Site", "same-origin").Code, 200},
		{"a page of others", s.do("GET", link, "Sec-Fetch-Site", "cross-site").Code, 302},
		{"no signature", s.do("GET", "/results/task_x.svg").Code, 403},
		{"missing", s.do("GET", s.links.Permanent(s.shelf["lost.png"])).Code, 410},
		{"inline", s.do("GET", s.links.Permanent(s.shelf["task_y.txt"])).Code, 200},
		{"not signed", redirectOf(redirecting(t, store, signer{errors.New("no")})), 500},
	} {
		if tt.got != tt.status {
			t.Errorf("%s: %d, want %d", tt.name, tt.got, tt.status)
		}
	}
}

func redirectOf(s *server) int { return s.do("GET", s.links.Permanent(s.shelf["task_x.svg"])).Code }

// TestRedirectToStorage follows the link into a real one, with a range.
func TestRedirectToStorage(t *testing.T) {
	t.Parallel()
	b, ok := bucket.Start(t)
	if !ok {
		return
	}
	folder := folder(t, b, "x")
	store, err := artifact.OpenWith(folder, t.TempDir(), 100)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s := redirecting(t, store, folder)
	location := s.do("GET", s.links.Permanent(s.shelf["task_x.svg"])).Header().Get("Location")
	status, header, body := get(t, location)
	if status != http.StatusPartialContent || body != "234" || header.Get("Content-Type") != "image/svg+xml" ||
		header.Get("Content-Disposition") != "attachment; filename=task_x.svg" {
		t.Errorf("%d %q %v", status, body, header)
	}
	if status, _, body := get(t, strings.Replace(location, "image%2Fsvg", "text%2Fhtml", 1)); status != http.StatusForbidden {
		t.Errorf("with another type: %d %s", status, body)
	}
	b.Stop(t)
	w := s.do("GET", s.links.Permanent(s.shelf["task_x.svg"]))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "Try again in a moment") ||
		strings.Contains(w.Body.String(), b.Endpoint.Host) {
		t.Errorf("in an outage: %d %s", w.Code, w.Body)
	}
}

// get reads bytes 2 to 4.
func get(t *testing.T, link string) (status int, header http.Header, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Range", "bytes=2-4")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(data)
}
