package modelslab

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/taskhook/taskhook"
)

// FuzzSubmission: no body breaks the face, and what the provider gets is the
// client's object less what is the server's.
func FuzzSubmission(f *testing.F) {
	for _, seed := range []string{
		`{"key":"thk_live_owner","model_id":"cogvideox","prompt":"x","track_id":17.0,"webhook":null,"width":"512"}`,
		`{"key":"thk_live_owner","model_id":5,"prompt":"\ud800","track_id":{"a":[]}}`,
		`{"k\u0065y":"thk_live_owner","track\u005fid":1e999,"webhook":"https:\/\/a"}`,
		`{"key":["thk_live_owner"]}`, `{`, "\xff", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := parseMembers(body)
		if err != nil {
			if taskhook.ErrorCode(err) != taskhook.CodeMalformed {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		input := m.without(keyName, memberWebhook, memberTrackID)
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(input, &fields); err != nil || !utf8.Valid(input) {
			t.Fatalf("%q becomes %q: %v", body, input, err)
		}
		for _, name := range []string{keyName, memberWebhook, memberTrackID} {
			if fields[name] != nil {
				t.Errorf("%q becomes %q", body, input)
			}
		}
		if track := m.raw(memberTrackID); track != nil && (!json.Valid(track) || !utf8.Valid(track)) {
			t.Errorf("the track_id of %q is %q", body, track)
		}
		w := newWorld(t).ask(t, http.MethodPost, "/api/v6/video/text2video", string(body))
		if !json.Valid(w.Body.Bytes()) || w.Code >= 500 {
			t.Errorf("%q: %d %q", body, w.Code, w.Body)
		}
	})
}

// FuzzPath: no path breaks the face.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{"api/v6/video/fetch/task_abc123", "v6//fetch/%2e%2e", "api/v3/delete/x", "api/v1/enterprise/a/b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
		r.URL = &url.URL{Path: "/" + path}
		r.Header.Set(keyName, ownerKey)
		w := httptest.NewRecorder()
		newWorld(t).handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError {
			t.Errorf("%q: %d %s", path, w.Code, w.Body)
		}
	})
}
