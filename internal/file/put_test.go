package file

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

func TestPut(t *testing.T) {
	t.Parallel()
	sound := append([]byte("ID3\x04\x00\x00\x00\x00\x00\x00"), make([]byte, 100)...)
	for _, test := range []struct {
		name string
		file taskhook.NewFile
		from io.Reader
		want string // the type, or the code of the error
	}{
		{"picture", taskhook.NewFile{Filename: "cat.png"}, bytes.NewReader(picture(8, 200)), typePNG},
		{"type is said", taskhook.NewFile{ContentType: typeJPEG}, bytes.NewReader(photo(128, 128)), typeJPEG},
		{"sound", taskhook.NewFile{Filename: "song.txt"}, bytes.NewReader(sound), "audio/mpeg"},
		{"other type", taskhook.NewFile{ContentType: typePNG}, bytes.NewReader(photo(128, 128)), string(taskhook.CodeMalformed)},
		{"text", taskhook.NewFile{Filename: "cat.png"}, strings.NewReader("no picture"), string(taskhook.CodeMalformed)},
		{"page", taskhook.NewFile{Filename: "cat.svg"}, strings.NewReader("<svg xmlns='http://www.w3.org/2000/svg'/>"), string(taskhook.CodeMalformed)},
		{"empty", taskhook.NewFile{}, strings.NewReader(""), string(taskhook.CodeMalformed)},
		{"cut short", taskhook.NewFile{}, io.MultiReader(bytes.NewReader(picture(8, 8)), broken{}), string(taskhook.CodeMalformed)},
		{"name", taskhook.NewFile{Filename: "a\nb"}, bytes.NewReader(picture(8, 8)), string(taskhook.CodeInvalid)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			f, err := h.Put(t.Context(), alice, test.file, test.from)
			if err != nil {
				if string(taskhook.ErrorCode(err)) != test.want || len(h.kept()) != 0 {
					t.Errorf("%v; kept %v", err, h.kept())
				}
				return
			}
			if f.ContentType != test.want || !f.Complete() || f.Filename != test.file.Filename || len(h.kept()) != 1 {
				t.Errorf("got %+v", f)
			}
			input, err := h.Reference(t.Context(), alice, []byte(`{"a":"`+h.PermanentLink(f)+`"}`))
			if err != nil || string(input) != `{"a":"file:`+f.ID+`"}` {
				t.Errorf("its link is %s, %v", input, err)
			}
		})
	}
}

func TestPutInDoubt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.store.err = errors.New("the disk is gone")
	if _, err := h.Put(t.Context(), alice, taskhook.NewFile{}, bytes.NewReader(picture(8, 8))); err == nil || len(h.kept()) != 0 {
		t.Errorf("%v; kept %v", err, h.kept())
	}
}

func TestFormLifetime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		form, err := h.Form(alice, "dir/cat.JPEG", time.Now())
		if err != nil || !strings.HasSuffix(form.Fields[fieldKey], ".jpg") {
			t.Fatalf("%v, %v", form, err)
		}
		if _, err := h.ReceiveForm(t.Context(), form.Fields, bytes.NewReader(picture(8, 8))); taskhook.ErrorCode(err) != taskhook.CodeMalformed {
			t.Errorf("another type: %v", err)
		}
		f, err := h.ReceiveForm(t.Context(), form.Fields, bytes.NewReader(photo(8, 8)))
		if err != nil || f.AccountID != alice || !f.Complete() {
			t.Errorf("%+v, %v", f, err)
		}
		<-time.After(artifact.LinkLifetime)
		if _, err := h.ReceiveForm(t.Context(), form.Fields, bytes.NewReader(photo(8, 8))); taskhook.ErrorCode(err) != taskhook.CodeForbidden {
			t.Errorf("too late: %v", err)
		}
	})
	if _, err := newHouse(t).Form(alice, "cat.exe", time.Now()); taskhook.ErrorCode(err) != taskhook.CodeInvalid {
		t.Errorf("another type: %v", err)
	}
}
