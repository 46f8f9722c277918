//go:build unix

package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook/client"
)

func TestFileName(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://x/results/task_a-2.mp4?expires=1&signature=x": "task_a-2.mp4",
		"https://x/a/../../etc/passwd":                         "task_1-2.mp4",
		"https://x/%2e%2e%2f%2e%2e%2fevil.sh":                  "evil.sh",
		"https://x/.bashrc":                                    "task_1-2.mp4",
		"https://x/-rf.mp4":                                    "task_1-2.mp4",
		"https://x/a%00b.mp4":                                  "task_1-2.mp4",
		"https://x/a%1bb.mp4":                                  "task_1-2.mp4",
		"https://x/" + strings.Repeat("a", 300) + ".mp4":       "task_1-2.mp4",
		"https://x/":                                           "task_1-2.mp4",
		"::":                                                   "task_1-2.mp4",
	} {
		if got := fileName("../task_1", 1, client.Result{URL: url, Format: "m/p4"}); got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
}

// offer serves a task whose one result is a file that claims a size.
func offer(t *testing.T, claimed int64, file http.HandlerFunc) (server string) {
	t.Helper()
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	mux.HandleFunc("GET /results/a.bin", file)
	mux.HandleFunc("GET /api/v1/tasks/task_1", func(w http.ResponseWriter, _ *http.Request) {
		err := writeJSON(w, map[string]any{"success": true, "data": client.Task{ID: "task_1", Status: "succeeded",
			Result: []client.Result{{URL: s.URL + "/results/a.bin?signature=secret", Format: "bin", SizeBytes: claimed}}}})
		if err != nil {
			t.Error(err)
		}
	})
	return s.URL
}

func TestDownloadIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	text := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if key := r.Header.Get("Authorization"); key != "" {
				t.Errorf("the key was sent for a file: %s", key)
			}
			io.WriteString(w, s)
		}
	}
	for name, test := range map[string]struct {
		file http.HandlerFunc
		want string // part of the error; empty: it arrives
	}{
		"whole": {text("12345"), ""},
		"short": {text("1234"), "download a.bin: it is not 5 bytes long"},
		"long":  {text("123456"), "download a.bin: it is not 5 bytes long"},
		"gone":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }, "download a.bin: the server answers 410 Gone"},
		"broken": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5")
			io.WriteString(w, "1")
		}, "unexpected EOF"},
		"none": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "can't be talked to"},
	} {
		for _, force := range []string{"--force=false", "--force"} {
			dir := t.TempDir()
			want, code := map[string]string{"a.bin": "12345"}, 0
			if test.want != "" {
				want, code = map[string]string{}, 1
			}
			if force == "--force" {
				if err := os.WriteFile(filepath.Join(dir, "a.bin"), []byte("old"), 0o600); err != nil {
					t.Fatal(err)
				}
				if code != 0 {
					want["a.bin"] = "old"
				}
			}
			_, stderr := ask(t, offer(t, 5, test.file), code, "task", "download", "task_1", "--dir", dir, force)
			if !strings.Contains(stderr, test.want) || strings.Contains(stderr, "signature") {
				t.Errorf("%s: %s", name, stderr)
			}
			checkFiles(t, dir, want)
		}
	}
}

// checkFiles fails unless a folder holds just these files.
func checkFiles(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(want) {
		t.Errorf("%d files, want %d, %v", len(entries), len(want), err)
	}
	for _, entry := range entries {
		if got, err := os.ReadFile(filepath.Join(dir, entry.Name())); err != nil || string(got) != want[entry.Name()] {
			t.Errorf("%s holds %q, %v", entry.Name(), got, err)
		}
	}
}

// silent is a result that never gets any further.
type silent struct{ ctx context.Context }

func (s silent) Read([]byte) (int, error) { <-s.ctx.Done(); return 0, s.ctx.Err() }
func (s silent) Close() error             { return nil }

func (s silent) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: silent{r.Context()}, Header: http.Header{}, Request: r}, nil
}

func TestDownloadThatStandsStill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &remote{files: &http.Client{Transport: silent{}}, log: &screen{w: io.Discard}}
		start := time.Now()
		err := r.download(t.Context(), client.Result{URL: "http://x/a.bin", SizeBytes: 5}, "a.bin", io.Discard)
		if err == nil || err.Error() != "download a.bin: no byte came for 1m0s" || time.Since(start) != time.Minute {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		err = r.download(ctx, client.Result{URL: "http://x/a.bin", SizeBytes: 5}, "a.bin", io.Discard)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted: %v", err)
		}
	})
}
