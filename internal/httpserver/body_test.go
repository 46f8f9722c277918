package httpserver

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
)

// oneMB is a reader of small bodies.
func oneMB() Body { return Body{Limit: 1 << 20, Advice: "Send less."} }

// sent is a request with a body, whose length is in its header unless it is -1.
func sent(body io.Reader, length int64) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", io.NopCloser(body))
	r.ContentLength = length
	return r
}

func TestBodyIsRead(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 1000, 1 << 20, 3 << 20} {
		want := bytes.Repeat([]byte("x"), size)
		for _, length := range []int64{int64(size), -1} {
			got, err := Body{Limit: 3 << 20}.Read(httptest.NewRecorder(), sent(bytes.NewReader(want), length))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("of %d bytes, %d by the header, %d are read: %v", size, length, len(got), err)
			}
		}
	}
}

func TestBodyTooLarge(t *testing.T) {
	t.Parallel()
	const size = 1<<20 + 1
	for _, length := range []int64{size, -1} {
		body := strings.NewReader(strings.Repeat("x", size))
		w := httptest.NewRecorder()
		_, err := oneMB().Read(w, sent(body, length))
		bad, ok := errors.AsType[*taskhook.Error](err)
		if !ok || bad.Code != taskhook.CodeTooLarge || bad.Message != "The body is larger than 1 MB. Send less." {
			t.Errorf("with %d in the header: %v", length, err)
		}
		if length > 0 && (body.Len() != size || w.Header().Get("Connection") != "close") {
			t.Errorf("%d bytes were read of a body that is too large by its header", size-body.Len())
		}
	}
}

// A body that ends early, or that can't be read, is not the body.
func TestBodyEndsEarly(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	for name, r := range map[string]*http.Request{
		"short":          sent(strings.NewReader("abc"), 10),
		"none":           sent(strings.NewReader(""), 10),
		"short and long": sent(strings.NewReader("abc"), 1<<20),
		"broken":         sent(io.MultiReader(strings.NewReader("abc"), errorReader{broken}), -1),
	} {
		body, err := oneMB().Read(httptest.NewRecorder(), r)
		bad, ok := errors.AsType[*taskhook.Error](err)
		if !ok || bad.Code != taskhook.CodeMalformed || !strings.Contains(bad.Message, "ended before it was complete") || body != nil {
			t.Errorf("%s: %q, %v", name, body, err)
		}
		if name == "broken" && !errors.Is(err, broken) {
			t.Errorf("the cause is lost: %v", err)
		}
	}
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

// A header alone takes no more memory than a small body does.
func TestBodyOnItsWord(t *testing.T) {
	t.Parallel()
	body, err := Body{Limit: 1 << 30}.Read(httptest.NewRecorder(), sent(strings.NewReader("abc"), 1<<30))
	if err != nil || cap(body) > inOnePiece {
		t.Errorf("the header takes %d bytes, %v", cap(body), err)
	}
}

func TestBodyHeaders(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, value string
		any, json   bool // whether it is taken, and by those that take JSON only
	}{
		{"Content-Encoding", "gzip", false, false},
		{"Content-Encoding", "identity", true, true},
		{"Content-Type", "", true, true},
		{"Content-Type", "application/json", true, true},
		{"Content-Type", "Application/JSON; charset=utf-8", true, true},
		{"Content-Type", "application/problem+json", true, true},
		{"Content-Type", "application/x-www-form-urlencoded", true, false},
		{"Content-Type", "text/plain", true, false},
		{"Content-Type", "a/b/c; d", true, false},
	} {
		for _, only := range []bool{false, true} {
			b := oneMB()
			b.OnlyJSON = only
			r := sent(strings.NewReader("{}"), 2)
			r.Header.Set(tt.name, tt.value)
			_, err := b.Read(httptest.NewRecorder(), r)
			want := tt.any && !only || tt.json && only
			if code := taskhook.ErrorCode(err); (err == nil) != want || err != nil && code != taskhook.CodeMalformed {
				t.Errorf("%s: %q, only JSON %v: %v", tt.name, tt.value, only, err)
			}
		}
	}
}
