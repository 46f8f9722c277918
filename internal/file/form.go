package file

import (
	"context"
	"errors"
	"io"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

// The fields of an upload form.
const (
	fieldKey       = "key" // the name of the file in links to it, "file_x.png"
	fieldAccount   = "account"
	fieldExpires   = "expires"
	fieldSignature = "signature"
)

// Form returns a form for one file of the account, which may be sent until
// artifact.LinkLifetime is over. The extension of the name says what type the file
// is to be. Nothing is stored: the signature covers the fields.
func (s *Service) Form(account, filename string, now time.Time) (taskhook.UploadForm, error) {
	contentType := typeOf(path.Ext(filename))
	if contentType == "" {
		return taskhook.UploadForm{}, taskhook.FieldErrorf(taskhook.CodeInvalid, "filename",
			"filename must have the extension of an image, a video or a sound, such as .png, .mp4 or .mp3.")
	}
	key := taskhook.NewID(taskhook.PrefixFile, now) + "." + extension(contentType)
	signed, err := url.Parse(s.UploadLinks.Expiring(formName(account, key), now))
	if err != nil {
		return taskhook.UploadForm{}, err
	}
	return taskhook.UploadForm{URL: s.FileLinks.Prefix(), Fields: map[string]string{fieldKey: key, fieldAccount: account,
		fieldExpires: signed.Query().Get(fieldExpires), fieldSignature: signed.Query().Get(fieldSignature)}}, nil
}

// formName is what the signature of a form is over.
func formName(account, key string) taskhook.Artifact {
	return taskhook.Artifact{Name: account + "/" + key}
}

// ReceiveForm keeps the file of a form, complete at once. A form that is not as it
// was given out, or was sent too late, is CodeForbidden before anything is read; one
// that was sent already is CodeConflict.
func (s *Service) ReceiveForm(ctx context.Context, fields map[string]string, r io.Reader) (taskhook.File, error) {
	account, key := fields[fieldAccount], fields[fieldKey]
	query := url.Values{fieldExpires: {fields[fieldExpires]}, fieldSignature: {fields[fieldSignature]}}
	switch err := s.UploadLinks.Check(formName(account, key).Name, 0, query, s.Now()); {
	case errors.Is(err, artifact.ErrLinkExpired):
		return taskhook.File{}, taskhook.Errorf(taskhook.CodeForbidden, "The form has expired. Ask for a new one.")
	case err != nil || query.Get(fieldExpires) == "":
		return taskhook.File{}, taskhook.Errorf(taskhook.CodeForbidden, "The form is not valid. Send its fields as they were answered, before the file.")
	}
	id, _, _ := strings.Cut(key, ".")
	return s.put(ctx, taskhook.File{ID: id, AccountID: account}, taskhook.NewFile{Filename: key, ContentType: typeOf(path.Ext(key))}, r)
}
