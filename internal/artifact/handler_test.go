package artifact_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

// shelf is a Finder over a map; a name that is not there is not found.
type shelf map[string]taskhook.Artifact

func (s shelf) ArtifactByName(_ context.Context, name string) (taskhook.Artifact, error) {
	if name == "broken.png" {
		return taskhook.Artifact{}, errors.New("the database is away")
	}
	a, ok := s[name]
	if !ok {
		return taskhook.Artifact{}, taskhook.Errorf(taskhook.CodeNotFound, "no such artifact")
	}
	return a, nil
}

type server struct {
	shelf shelf
	links *artifact.Linker
	mux   *http.ServeMux
}

// contents are those of artifacts that are inline, by id.
type contents map[string][]byte

func (c contents) Content(_ context.Context, id string) ([]byte, error) {
	content, ok := c[id]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return content, nil
}

// whereverKept runs a test on a server of files in each backend, and on one of what
// is no file.
func whereverKept(t *testing.T, test func(t *testing.T, s *server)) {
	onEachBackend(t, func(t *testing.T, open opener) { test(t, newServer(t, open, 0)) })
	t.Run("inline", func(t *testing.T) {
		t.Parallel()
		store, err := artifact.Open(t.TempDir(), 100)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { store.Close() })
		test(t, newServer(t, func(*testing.T, int64) (*artifact.Store, string) { return store, "" }, 100))
	})
}

// newServer serves one artifact of each name, whose content is "0123456789"; those
// of up to small bytes are inline.
func newServer(t *testing.T, open opener, small int64) *server {
	t.Helper()
	store, _ := open(t, 100)
	inline := contents{}
	s := &server{shelf: shelf{}, links: newLinker(t), mux: http.NewServeMux()}
	for name, media := range map[string]string{
		"task_x.png": "image/png", "task_x.svg": "image/svg+xml", "task_x.html": "text/html; charset=utf-8",
		"task_x.glb": "model/gltf-binary", "gone.png": "image/png",
	} {
		id := newID()
		file, content, err := store.Take(t.Context(), id, "", strings.NewReader("0123456789"), small)
		if err != nil {
			t.Fatal(err)
		}
		if content != nil {
			inline[id] = content
		}
		s.shelf[name] = taskhook.Artifact{ID: id, Name: name, MediaType: media, SHA256: file.SHA256, CreatedAt: noon, Inline: content != nil}
	}
	removed := s.shelf["gone.png"]
	removed.Removed = true
	s.shelf["gone.png"] = removed
	s.shelf["lost.png"] = taskhook.Artifact{ID: newID(), Name: "lost.png", MediaType: "image/png", Inline: small > 0}
	s.mux.Handle(artifact.Pattern, &artifact.Handler{
		Store: store, Contents: inline, Links: s.links, Finder: s.shelf,
		Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler),
	})
	return s
}

func (s *server) do(method, link string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, link, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r)
	return w
}

func TestServe(t *testing.T) { whereverKept(t, testServe) }

func testServe(t *testing.T, s *server) {
	a := s.shelf["task_x.png"]
	link := s.links.Expiring(a, noon)
	etag := `"` + a.SHA256 + `"`
	tests := []struct {
		name   string
		method string
		header []string
		status int
		body   string
	}{
		{"whole", "GET", nil, 200, "0123456789"},
		{"head", "HEAD", nil, 200, ""},
		{"range", "GET", []string{"Range", "bytes=2-4"}, 206, "234"},
		{"suffix", "GET", []string{"Range", "bytes=-2"}, 206, "89"},
		{"range if unchanged", "GET", []string{"Range", "bytes=2-4", "If-Range", etag}, 206, "234"},
		{"range of another version", "GET", []string{"Range", "bytes=2-4", "If-Range", `"old"`}, 200, "0123456789"},
		{"unchanged", "GET", []string{"If-None-Match", etag}, 304, ""},
		{"more ranges than are sent", "GET", []string{"Range", "bytes=0-0" + strings.Repeat(",2-2", 16)}, 200, "0123456789"},
	}
	for _, tt := range tests {
		w := s.do(tt.method, link, tt.header...)
		if w.Code != tt.status || w.Body.String() != tt.body {
			t.Errorf("%s: %d %q", tt.name, w.Code, w.Body)
		}
		if got := w.Header().Get("ETag"); got != etag {
			t.Errorf("%s: ETag %s", tt.name, got)
		}
	}
}

// TestHostileContent: no file may run in the browser of whoever opens it.
func TestHostileContent(t *testing.T) { whereverKept(t, testHostileContent) }

func testHostileContent(t *testing.T, s *server) {
	for name, kind := range map[string]string{
		"task_x.png": "inline", "task_x.svg": "attachment", "task_x.html": "attachment", "task_x.glb": "attachment",
	} {
		w := s.do("GET", s.links.Permanent(s.shelf[name]))
		h := w.Header()
		if w.Code != 200 || h.Get("Content-Type") != s.shelf[name].MediaType {
			t.Errorf("%s: %d %s", name, w.Code, h.Get("Content-Type"))
		}
		if got := h.Get("Content-Disposition"); got != kind+`; filename=`+name {
			t.Errorf("%s: %s", name, got)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || !strings.HasSuffix(h.Get("Content-Security-Policy"), "; sandbox") {
			t.Errorf("%s: %v", name, h)
		}
		if !strings.HasPrefix(h.Get("Cache-Control"), "private") {
			t.Errorf("%s: %s", name, h.Get("Cache-Control"))
		}
	}
}

func TestRefusals(t *testing.T) { whereverKept(t, testRefusals) }

func testRefusals(t *testing.T, s *server) {
	a := s.shelf["task_x.png"]
	tests := []struct {
		name, method, link string
		status             int
		code               string
	}{
		{"unknown", "GET", "/results/nothing.png?signature=x", 404, "NOT_FOUND"},
		{"no signature", "GET", "/results/task_x.png", 403, "FORBIDDEN"},
		{"expired", "GET", s.links.Expiring(a, noon.Add(-time.Hour)), 403, "LINK_EXPIRED"},
		{"removed", "GET", s.links.Permanent(s.shelf["gone.png"]), 410, "GONE"},
		{"removed, link expired", "GET", s.links.Expiring(s.shelf["gone.png"], noon.Add(-time.Hour)), 410, "GONE"},
		{"removed, no signature", "GET", "/results/gone.png", 403, "FORBIDDEN"},
		{"missing", "GET", s.links.Permanent(s.shelf["lost.png"]), 410, "GONE"},
		{"database away", "GET", "/results/broken.png", 500, "INTERNAL_ERROR"},
		{"post", "POST", s.links.Permanent(a), 405, "METHOD_NOT_ALLOWED"},
	}
	for _, tt := range tests {
		w := s.do(tt.method, tt.link)
		var body struct {
			Success *bool
			Error   struct{ Code, Message string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Errorf("%s: %v in %q", tt.name, err, w.Body)
			continue
		}
		if w.Code != tt.status || body.Error.Code != tt.code || body.Error.Message == "" || body.Success == nil || *body.Success {
			t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "database") {
			t.Errorf("%s: tells the cause", tt.name)
		}
	}
}

// TestLinkMadeBefore: a link that guessed the extension opens the result, and only
// by its own signature.
func TestLinkMadeBefore(t *testing.T) { whereverKept(t, testLinkMadeBefore) }

func testLinkMadeBefore(t *testing.T, s *server) {
	a := s.shelf["task_x.png"]
	s.shelf["task_x.mp4"] = a // as the store finds it
	if w := s.do("GET", s.links.Future("task_x", 0, "mp4")); w.Code != 200 || w.Body.String() != "0123456789" || w.Header().Get("Content-Type") != "image/png" {
		t.Errorf("%d %q %s", w.Code, w.Body, w.Header().Get("Content-Type"))
	}
	stolen := strings.Replace(s.links.Permanent(a), "task_x.png", "task_x.mp4", 1)
	if w := s.do("GET", stolen); w.Code != 403 {
		t.Errorf("with the signature of another name: %d", w.Code)
	}
	a.Generation++
	s.shelf["task_x.mp4"] = a
	if w := s.do("GET", s.links.Future("task_x", 0, "mp4")); w.Code != 403 {
		t.Errorf("once revoked: %d", w.Code)
	}
}
