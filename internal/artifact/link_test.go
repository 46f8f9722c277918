package artifact_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

func newLinker(t *testing.T) *artifact.Linker {
	t.Helper()
	l, err := artifact.NewLinker("https://example.com/", []byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func queryOf(t *testing.T, link string) url.Values {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

func TestLinks(t *testing.T) {
	t.Parallel()
	l := newLinker(t)
	a := taskhook.Artifact{Name: "task_x.mp4", Generation: 1}
	permanent, expiring := l.Permanent(a), l.Expiring(a, noon)
	if !strings.HasPrefix(permanent, "https://example.com/results/task_x.mp4?signature=") {
		t.Errorf("permanent link %s", permanent)
	}
	if !strings.HasPrefix(expiring, "https://example.com/results/task_x.mp4?expires=1795349700&signature=") {
		t.Errorf("expiring link %s", expiring)
	}
	if l.Permanent(a) != permanent {
		t.Error("a permanent link changes")
	}
	edit := func(link string, change func(url.Values)) url.Values {
		q := queryOf(t, link)
		change(q)
		return q
	}
	tests := []struct {
		why        string
		name       string
		generation int
		query      url.Values
		now        time.Time
		want       error
	}{
		{"permanent", a.Name, 1, queryOf(t, permanent), noon.AddDate(50, 0, 0), nil},
		{"expiring", a.Name, 1, queryOf(t, expiring), noon, nil},
		{"last second", a.Name, 1, queryOf(t, expiring), noon.Add(artifact.LinkLifetime - time.Second), nil},
		{"over", a.Name, 1, queryOf(t, expiring), noon.Add(artifact.LinkLifetime), artifact.ErrLinkExpired},
		{"revoked", a.Name, 2, queryOf(t, permanent), noon, artifact.ErrBadSignature},
		{"revoked and over", a.Name, 2, queryOf(t, expiring), noon.Add(time.Hour), artifact.ErrBadSignature},
		{"another file", "task_y.mp4", 1, queryOf(t, permanent), noon, artifact.ErrBadSignature},
		{"none", a.Name, 1, url.Values{}, noon, artifact.ErrBadSignature},
		{"expiry taken away", a.Name, 1, edit(expiring, func(q url.Values) { q.Del("expires") }), noon, artifact.ErrBadSignature},
		{"expiry put off", a.Name, 1, edit(expiring, func(q url.Values) { q.Set("expires", "9999999999") }), noon, artifact.ErrBadSignature},
		{"expiry added", a.Name, 1, edit(permanent, func(q url.Values) { q.Set("expires", "9999999999") }), noon, artifact.ErrBadSignature},
		{"expiry doubled", a.Name, 1, edit(expiring, func(q url.Values) { q["expires"] = append([]string{"9999999999"}, q["expires"]...) }), noon, artifact.ErrBadSignature},
		{"cut short", a.Name, 1, edit(permanent, func(q url.Values) { q.Set("signature", q.Get("signature")[:20]) }), noon, artifact.ErrBadSignature},
		{"padded", a.Name, 1, edit(permanent, func(q url.Values) { q.Set("signature", q.Get("signature")+"=") }), noon, artifact.ErrBadSignature},
	}
	for _, tt := range tests {
		if err := l.Check(tt.name, tt.generation, tt.query, tt.now); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.why, err, tt.want)
		}
	}
}

// TestLinksOfFolders holds that a link into one folder opens nothing in another.
func TestLinksOfFolders(t *testing.T) {
	t.Parallel()
	results := newLinker(t)
	folders := []*artifact.Linker{results, results.In("files"), results.In("uploads")}
	a := taskhook.Artifact{Name: "file_x.png"}
	for i, from := range folders {
		for _, link := range []string{from.Permanent(a), from.Expiring(a, noon)} {
			if !strings.HasPrefix(link, from.Prefix()+"file_x.png?") {
				t.Errorf("%s does not begin with %s", link, from.Prefix())
			}
			for j, to := range folders {
				if err := to.Check(a.Name, 0, queryOf(t, link), noon); (err == nil) != (i == j) {
					t.Errorf("%s at %s: %v", link, to.Prefix(), err)
				}
			}
		}
	}
}

func TestShortKey(t *testing.T) {
	t.Parallel()
	if _, err := artifact.NewLinker("https://example.com", []byte("short")); err == nil {
		t.Error("a short key was taken")
	}
}

// FuzzCheck: nobody without the key finds a query that opens a file.
func FuzzCheck(f *testing.F) {
	l, err := artifact.NewLinker("", []byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("signature=x", 1)
	f.Add("expires=99999999999&signature=", 0)
	f.Fuzz(func(t *testing.T, raw string, generation int) {
		query, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		if l.Check("task_x.png", generation, query, noon) == nil {
			t.Errorf("%q was let in", raw)
		}
	})
}

func TestFutureLink(t *testing.T) {
	t.Parallel()
	l := newLinker(t)
	if got, want := l.Future("task_x", 0, "mp4"), l.Permanent(taskhook.Artifact{Name: "task_x.mp4"}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := l.Future("task_x", 1, "png"), l.Permanent(taskhook.Artifact{Name: "task_x-2.png"}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
