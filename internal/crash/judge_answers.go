package crash

import (
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/taskhook/taskhook/client"
)

// judgeAnswers is L9, what was answered holds, and L6, the results are there.
func (t *Trial) judgeAnswers(ctx context.Context, v *Verdict, f *facts) {
	c := t.client()
	for id, k := range f.keys {
		_, err := t.dial(k.text).Models(ctx, client.ModelQuery{})
		if breach := k.breach(id, err); breach != "" {
			v.Violations = append(v.Violations, breach)
		}
	}
	for _, h := range f.hooks {
		got, err := c.Webhook(ctx, h.ID)
		switch gone := status(err) == http.StatusNotFound; {
		case h.ID == "":
		case h.deleted.IsZero() && (err != nil || !got.Active || !strings.HasSuffix(got.URL, h.Path+h.suffix())):
			v.violate("L9", "webhook %s was answered as made and is %+v, %v", h.ID, got, err)
		case !h.deleted.IsZero() && !gone:
			v.violate("L9", "webhook %s was answered as deleted, and reading it answers %v", h.ID, err)
		}
	}
	for id, want := range f.files {
		judgeFile(ctx, v, c, id, want)
	}
	for id, announced := range f.loose {
		if _, err := c.CompleteFile(ctx, id); time.Since(announced) > 2*unfinishedLife && status(err) != http.StatusNotFound {
			v.violate("L9", "file %s was left unfinished and is still there: %v", id, err)
		}
	}
	for _, k := range f.tasks {
		judgeResults(ctx, v, k)
	}
}

// suffix is the end of its URL, as it was changed to.
func (h *hook) suffix() string {
	if h.query == "" {
		return ""
	}
	return "?" + h.query
}

// judgeFile reads a file's bytes.
func judgeFile(ctx context.Context, v *Verdict, c *client.Client, id string, want *file) {
	got, err := c.File(ctx, id)
	switch {
	case want.deleted && status(err) != http.StatusNotFound:
		v.violate("L9", "file %s was answered as deleted, and reading it answers %v", id, err)
	case want.deleted:
	case err != nil:
		v.violate("L9", "file %s was answered as completed: %v", id, err)
	default:
		status, size, hash, err := fetch(ctx, got.URL)
		if err != nil || status != http.StatusOK || size != want.size || hash != want.hash {
			v.violate("L9", "file %s of %d bytes answers %d with %d others, %v", id, want.size, status, size, err)
		}
	}
}

// judgeResults looks whether each result of a succeeded task is there in its full
// size.
func judgeResults(ctx context.Context, v *Verdict, k client.Task) {
	if k.Status != "succeeded" {
		return
	}
	if len(k.Result) == 0 {
		v.violate("L6", "task %s succeeded without a result", k.ID)
	}
	for _, r := range k.Result {
		status, size, _, err := fetch(ctx, r.URL)
		if err != nil || status != http.StatusOK || size != r.SizeBytes {
			v.violate("L6", "task %s: result of %d bytes answered %d with %d, %v", k.ID, r.SizeBytes, status, size, err)
		}
	}
}

func fetch(ctx context.Context, url string) (status int, size int64, hash [32]byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, 0, hash, err
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, 0, hash, err
	}
	defer answer.Body.Close()
	sum := sha256.New()
	size, err = io.Copy(sum, answer.Body)
	return answer.StatusCode, size, [32]byte(sum.Sum(nil)), err
}
