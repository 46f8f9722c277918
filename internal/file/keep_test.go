package file

import (
	"bytes"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

func TestKeep(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		content   []byte
		extension string
	}{
		{picture(1, 1), ".png"}, // the rules for sides are those of announced files
		{photo(300, 10), ".jpg"},
		{[]byte("ID3\x04\x00\x00\x00\x00\x00\x00 sound"), ".mp3"},
		{[]byte("RIFF\x24\x00\x00\x00WAVEfmt "), ".wav"},
		{[]byte("glTF\x02\x00\x00\x00"), ".glb"},
	} {
		h := newHouse(t)
		f, err := h.Keep(t.Context(), alice, tt.content)
		if err != nil || !f.Complete() || f.Size != int64(len(tt.content)) {
			t.Errorf("%s: %+v, %v", tt.extension, f, err)
			continue
		}
		link := h.PermanentLink(f)
		name, query, _ := strings.Cut(strings.TrimPrefix(link, "https://x.example/files/"), "?")
		a, err := h.ArtifactByName(t.Context(), name)
		if err != nil || a.ID != f.Content || !strings.HasSuffix(name, tt.extension) || strings.Contains(query, "expires") {
			t.Errorf("the link is %s, %+v, %v", link, a, err)
		}
		input, err := h.Reference(t.Context(), alice, []byte(`{"init_image":"`+link+`"}`))
		if want := `{"init_image":"file:` + f.ID + `"}`; string(input) != want || err != nil {
			t.Errorf("the input becomes %s, %v", input, err)
		}
		if _, err := h.Reference(t.Context(), bob, []byte(`{"init_image":"`+link+`"}`)); taskhook.ErrorCode(err) != taskhook.CodeInvalid {
			t.Errorf("another account names it: %v", err)
		}
	}
}

func TestKeepRefusals(t *testing.T) {
	t.Parallel()
	for name, content := range map[string][]byte{
		"nothing": nil,
		"text":    []byte("hello"),
		"a page":  []byte("<html><script>alert(1)</script>"),
		"svg":     []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`),
	} {
		h := newHouse(t)
		if _, err := h.Keep(t.Context(), alice, content); taskhook.ErrorCode(err) != taskhook.CodeMalformed {
			t.Errorf("%s: %v", name, err)
		}
		if kept := h.kept(); len(kept) != 0 {
			t.Errorf("%s: %v is kept", name, kept)
		}
	}
	h := newHouse(t)
	small, err := artifact.Open(t.TempDir(), 10)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { small.Close() })
	h.Contents = small
	if _, err := h.Keep(t.Context(), alice, bytes.Repeat([]byte("x"), 11)); taskhook.ErrorCode(err) != taskhook.CodeFileTooLarge {
		t.Errorf("too large: %v", err)
	}
}
