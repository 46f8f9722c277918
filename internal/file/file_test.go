package file

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

// memory is a store without a database.
type memory struct {
	mu    sync.Mutex
	files map[string]taskhook.File
	err   error // of RecordUpload, if set
}

func (m *memory) CreateFile(_ context.Context, f taskhook.File) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[f.ID] = f
	return nil
}

func (m *memory) FileByID(_ context.Context, id string) (taskhook.File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.files[id]
	if !ok {
		return f, taskhook.Errorf(taskhook.CodeNotFound, "There is no such file.")
	}
	return f, nil
}

func (m *memory) File(ctx context.Context, account, id string) (taskhook.File, error) {
	f, err := m.FileByID(ctx, id)
	if err == nil && f.AccountID != account {
		return taskhook.File{}, taskhook.Errorf(taskhook.CodeNotFound, "There is no such file.")
	}
	return f, err
}

func (m *memory) Files(context.Context, taskhook.FileFilter) (l taskhook.List[taskhook.File], err error) {
	return l, nil
}

func (m *memory) CompleteFile(ctx context.Context, now time.Time, account, id string) (taskhook.File, error) {
	f, err := m.File(ctx, account, id)
	if err != nil || f.Complete() {
		return f, err
	}
	if f.Content == "" {
		return f, taskhook.Errorf(taskhook.CodeConflict, "Nothing was uploaded yet.")
	}
	f.CompletedAt = now
	return f, m.CreateFile(ctx, f)
}

func (m *memory) DeleteFile(ctx context.Context, account, id string) (string, error) {
	f, err := m.File(ctx, account, id)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil {
		delete(m.files, id)
	}
	return f.Content, err
}

func (m *memory) RecordUpload(ctx context.Context, id, content, sum string) (string, error) {
	if m.err != nil {
		return "", m.err
	}
	f, err := m.FileByID(ctx, id)
	if err == nil && f.Complete() {
		err = taskhook.Errorf(taskhook.CodeConflict, "The file is complete.")
	}
	before := f.Content
	if err == nil {
		f.Content, f.SHA256 = content, sum
		err = m.CreateFile(ctx, f)
	}
	return before, err
}

func (m *memory) DeleteUnfinished(_ context.Context, before time.Time, _ int) (contents []string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, f := range m.files {
		if !f.Complete() && f.CreatedAt.Before(before) {
			contents = append(contents, f.Content)
			delete(m.files, id)
		}
	}
	return contents, nil
}

// house is a Service on a directory of its own.
type house struct {
	*Service
	t     *testing.T
	store *memory
	files *artifact.Store
}

func newHouse(t *testing.T) *house {
	t.Helper()
	files, err := artifact.Open(t.TempDir(), MaxSize)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	links, err := artifact.NewLinker("https://x.example", bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	store := &memory{files: map[string]taskhook.File{}}
	return &house{t: t, store: store, files: files, Service: NewService(Options{Store: store, ByLink: store, Contents: files,
		UploadLinks: links.In("uploads"), FileLinks: links.In("files"), Logger: slog.New(slog.DiscardHandler)})}
}

const (
	alice = "acc_alice"
	bob   = "acc_bob"
)

func picture(width, height int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func photo(width, height int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, width, height)), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// announced announces a file of alice's and returns it with the query of its link.
func (h *house) announced(contentType string, size int) (taskhook.File, url.Values) {
	h.t.Helper()
	u, err := h.Announce(h.t.Context(), alice, taskhook.NewFile{Filename: "x", ContentType: contentType, Size: int64(size)})
	if err != nil {
		h.t.Fatal(err)
	}
	link, err := url.Parse(u.URL)
	if err != nil || link.Path != "/uploads/"+u.FileID {
		h.t.Fatalf("upload to %s: %v", u.URL, err)
	}
	f, err := h.store.FileByID(h.t.Context(), u.FileID)
	if err != nil {
		h.t.Fatal(err)
	}
	return f, link.Query()
}

// uploaded is a complete file of alice's.
func (h *house) uploaded() taskhook.File {
	h.t.Helper()
	data := picture(128, 128)
	f, _ := h.announced(typePNG, len(data))
	if err := h.Receive(h.t.Context(), f, bytes.NewReader(data)); err != nil {
		h.t.Fatal(err)
	}
	f, err := h.Complete(h.t.Context(), alice, f.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return f
}

// kept lists the ids of the bytes on disk.
func (h *house) kept() (ids []string) {
	h.t.Helper()
	for id, err := range h.files.IDs(h.t.Context()) {
		if err != nil {
			h.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

func TestAnnounce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		n    taskhook.NewFile
		want string
	}{
		{taskhook.NewFile{Filename: "a", ContentType: "image/png", Size: 50 << 20}, ""},
		{taskhook.NewFile{Filename: "a", ContentType: "IMAGE/PNG; q=1", Size: 1}, ""},
		{taskhook.NewFile{Filename: "a", ContentType: "video/mp4", Size: 100 << 20}, ""},
		{taskhook.NewFile{Filename: "a", ContentType: "image/webp", Size: 50<<20 + 1}, "file_too_large"},
		{taskhook.NewFile{Filename: "a", ContentType: "video/mp4", Size: 100<<20 + 1}, "file_too_large"},
		{taskhook.NewFile{Filename: "a", ContentType: "image/gif", Size: 1}, "malformed"},
		{taskhook.NewFile{Filename: "a", ContentType: "image/svg+xml", Size: 1}, "malformed"},
		{taskhook.NewFile{Filename: "a", ContentType: "text/html", Size: 1 << 60}, "malformed"},
		{taskhook.NewFile{Filename: "a", ContentType: "png", Size: 1}, "malformed"},
		{taskhook.NewFile{Filename: "a", ContentType: "image/png", Size: 0}, "invalid"},
		{taskhook.NewFile{Filename: "a", ContentType: "image/png", Size: -1}, "invalid"},
		{taskhook.NewFile{Filename: "a\r\nb", ContentType: "image/png", Size: 1}, "invalid"},
		{taskhook.NewFile{Filename: strings.Repeat("a", 256), ContentType: "image/png", Size: 1}, "invalid"},
	} {
		_, err := newHouse(t).Announce(t.Context(), alice, test.n)
		if got := string(taskhook.ErrorCode(err)); got != test.want {
			t.Errorf("%+v: %q, want %q", test.n, got, test.want)
		}
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		f, query := h.announced(typePNG, 10)
		other, _ := h.announced(typePNG, 10)
		done := h.uploaded()
		open := func(id string, q url.Values, contentType string, length int64) taskhook.Code {
			_, err := h.Open(t.Context(), id, q, contentType, length)
			return taskhook.ErrorCode(err)
		}
		ofLink := func(link string) url.Values {
			u, err := url.Parse(link)
			if err != nil {
				t.Fatal(err)
			}
			return u.Query()
		}
		late := url.Values{"expires": {"9999999999"}, "signature": query["signature"]}
		for name, test := range map[string]struct {
			got  taskhook.Code
			want taskhook.Code
		}{
			"good":                    {open(f.ID, query, "image/png", 10), ""},
			"no length":               {open(f.ID, query, "image/png", -1), ""},
			"a parameter of the type": {open(f.ID, query, "image/png; charset=x", 10), ""},
			"another type":            {open(f.ID, query, "image/jpeg", 10), taskhook.CodeMalformed},
			"no type":                 {open(f.ID, query, "", 10), taskhook.CodeMalformed},
			"longer":                  {open(f.ID, query, "image/png", 11), taskhook.CodeMalformed},
			"shorter":                 {open(f.ID, query, "image/png", 9), taskhook.CodeMalformed},
			"no signature":            {open(f.ID, nil, "image/png", 10), taskhook.CodeForbidden},
			"the link of another":     {open(other.ID, query, "image/png", 10), taskhook.CodeForbidden},
			"expiry put off":          {open(f.ID, late, "image/png", 10), taskhook.CodeForbidden},
			"the link of a file":      {open(f.ID, ofLink(h.Link(f, time.Now())), "image/png", 10), taskhook.CodeForbidden},
			"unknown":                 {open("file_none", ofLink(h.UploadLinks.Expiring(taskhook.Artifact{Name: "file_none"}, time.Now())), "image/png", 10), taskhook.CodeNotFound},
			"without expiry":          {open(f.ID, ofLink(h.UploadLinks.Permanent(taskhook.Artifact{Name: f.ID})), "image/png", 10), taskhook.CodeForbidden},
			"complete":                {open(done.ID, ofLink(h.UploadLinks.Expiring(taskhook.Artifact{Name: done.ID}, time.Now())), "image/png", done.Size), taskhook.CodeConflict},
		} {
			if test.got != test.want {
				t.Errorf("%s: %q, want %q", name, test.got, test.want)
			}
		}
		<-time.After(artifact.LinkLifetime)
		if got := open(f.ID, query, "image/png", 10); got != taskhook.CodeForbidden {
			t.Errorf("expired: %q", got)
		}
	})
}

func TestReceive(t *testing.T) {
	t.Parallel()
	mp4 := []byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2")
	good := picture(128, 512)
	page := append([]byte("<!DOCTYPE html><script>alert(1)</script>"), good...)
	gif := append([]byte("GIF89a"), good...)
	for name, test := range map[string]struct {
		contentType string
		size        int // announced; 0: that of the data
		data        []byte
		part        string // of the refusal
	}{
		"png":            {typePNG, 0, good, ""},
		"jpeg":           {typeJPEG, 0, photo(512, 128), ""},
		"mp4":            {typeMP4, 0, mp4, ""},
		"png and page":   {typePNG, 0, append(bytes.Clone(good), page...), ""}, // it is served as what it was announced
		"page before":    {typePNG, 0, page, "look like text/html"},
		"gif before":     {typePNG, 0, gif, "look like image/gif"},
		"jpeg as png":    {typePNG, 0, photo(200, 200), "look like image/jpeg"},
		"mov as mp4":     {typeMP4, 0, []byte("\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  "), "look like video/quicktime"},
		"text":           {typeMP4, 0, []byte("hello"), "look like text/plain"},
		"narrow":         {typePNG, 0, picture(127, 128), "at least 128 x 128"},
		"low":            {typePNG, 0, picture(200, 64), "at least 128 x 128"},
		"long":           {typePNG, 0, picture(128, 513), "at most 4 times"},
		"wide":           {typeJPEG, 0, photo(600, 128), "at most 4 times"},
		"cut header":     {typePNG, 0, good[:20], "header can't be read"},
		"empty":          {typePNG, 5, nil, "it is empty"},
		"short":          {typePNG, len(good) + 1, good, "bytes that were announced"},
		"long by a byte": {typePNG, len(good) - 1, good, "it has more"},
		"endless":        {typePNG, 10, bytes.Repeat([]byte("x"), 1<<20), "it has more"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			if test.size == 0 {
				test.size = len(test.data)
			}
			f, _ := h.announced(test.contentType, test.size)
			err := h.Receive(t.Context(), f, bytes.NewReader(test.data))
			if test.part == "" {
				if err != nil || len(h.kept()) != 1 {
					t.Errorf("%v, %d files are kept", err, len(h.kept()))
				}
				return
			}
			if taskhook.ErrorCode(err) != taskhook.CodeMalformed || !strings.Contains(err.Error(), test.part) {
				t.Errorf("got %v", err)
			}
			if len(h.kept()) != 0 {
				t.Error("refused bytes are kept")
			}
			if _, err := h.Complete(t.Context(), alice, f.ID); taskhook.ErrorCode(err) != taskhook.CodeConflict {
				t.Errorf("complete without bytes: %v", err)
			}
		})
	}
}

func TestReceiveAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	data := picture(130, 130)
	f, _ := h.announced(typePNG, len(data))
	for range 3 {
		if err := h.Receive(t.Context(), f, bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Receive(t.Context(), f, bytes.NewReader(photo(1, 1))); err == nil || len(h.kept()) != 1 {
		t.Errorf("after a bad upload: %v, %d kept", err, len(h.kept()))
	}
	if err := h.Receive(t.Context(), f, io.MultiReader(bytes.NewReader(data[:9]), broken{})); taskhook.ErrorCode(err) != taskhook.CodeMalformed {
		t.Errorf("a broken upload: %v", err)
	}
	done, err := h.Complete(t.Context(), alice, f.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Receive(t.Context(), f, bytes.NewReader(data)); taskhook.ErrorCode(err) != taskhook.CodeConflict {
		t.Errorf("after completion: %v", err)
	}
	if got := h.kept(); len(got) != 1 || got[0] != done.Content {
		t.Errorf("kept %v, want %s", got, done.Content)
	}
}

// What is perhaps recorded is not removed.
func TestReceiveInDoubt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	data := picture(128, 128)
	f, _ := h.announced(typePNG, len(data))
	h.store.err = errors.New("connection lost")
	if err := h.Receive(t.Context(), f, bytes.NewReader(data)); err == nil || len(h.kept()) != 1 {
		t.Errorf("%v, %d kept", err, len(h.kept()))
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestDeleteAndUnfinished(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	done := h.uploaded()
	data := picture(128, 128)
	f, _ := h.announced(typePNG, len(data))
	h.announced(typePNG, 7)
	if err := h.Receive(t.Context(), f, bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.File(t.Context(), alice, f.ID); taskhook.ErrorCode(err) != taskhook.CodeNotFound {
		t.Errorf("an unfinished file is shown: %v", err)
	}
	for _, test := range []struct {
		hours int
		want  int64
	}{{23, 0}, {25, 2}} {
		if n, err := h.RemoveUnfinished(t.Context(), time.Now().Add(time.Duration(test.hours)*time.Hour), 10); n != test.want || err != nil {
			t.Errorf("after %d hours %d are removed, %v", test.hours, n, err)
		}
	}
	if err := h.Delete(t.Context(), bob, done.ID); taskhook.ErrorCode(err) != taskhook.CodeNotFound || len(h.kept()) != 1 {
		t.Errorf("a foreign deletion: %v", err)
	}
	if err := h.Delete(t.Context(), alice, done.ID); err != nil || len(h.kept()) != 0 {
		t.Errorf("%v, %d kept", err, len(h.kept()))
	}
}

func TestArtifactByName(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	f := h.uploaded()
	a, err := h.ArtifactByName(t.Context(), f.ID+".png")
	if err != nil || a.ID != f.Content || a.MediaType != "image/png" || len(a.SHA256) != 64 {
		t.Errorf("%+v, %v", a, err)
	}
	open, _ := h.announced(typePNG, 7)
	for _, name := range []string{f.ID, f.ID + ".jpg", f.ID + ".png.x", "task_x.png", "", "file_none.png", open.ID + ".png"} {
		if _, err := h.ArtifactByName(t.Context(), name); taskhook.ErrorCode(err) != taskhook.CodeNotFound {
			t.Errorf("%q: %v", name, err)
		}
	}
}
