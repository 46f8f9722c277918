package file

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/url"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

// Open checks an upload link and what a request to it says of the bytes that
// follow, before any of them is read. length is -1 where it is not said. A link
// that does not open the file is CodeForbidden.
func (s *Service) Open(ctx context.Context, id string, query url.Values, contentType string, length int64) (taskhook.File, error) {
	switch err := s.UploadLinks.Check(id, 0, query, s.Now()); {
	case errors.Is(err, artifact.ErrLinkExpired):
		return taskhook.File{}, taskhook.Errorf(taskhook.CodeForbidden, "The upload link has expired. Ask for a new one with POST /api/v1/files/upload-url.")
	case err != nil || !query.Has("expires"):
		return taskhook.File{}, taskhook.Errorf(taskhook.CodeForbidden, "The upload link is not valid: it was changed or cut short. Use upload_url as it was answered.")
	}
	f, err := s.ByLink.FileByID(ctx, id)
	if err != nil {
		return f, err
	}
	given, _, err := mime.ParseMediaType(contentType)
	switch {
	case f.Complete():
		return f, taskhook.Errorf(taskhook.CodeConflict, "The file is complete and can't be changed; upload another one.")
	case err != nil || given != f.ContentType:
		return f, taskhook.FieldErrorf(taskhook.CodeMalformed, "Content-Type", "The upload must have the header Content-Type: %s, as it was announced.", f.ContentType)
	case length >= 0 && length != f.Size:
		return f, wrongSize(f, "it has %d", length)
	}
	return f, nil
}

func wrongSize(f taskhook.File, format string, args ...any) error {
	e := taskhook.FieldErrorf(taskhook.CodeMalformed, "sizeBytes", "The upload must have the %d bytes that were announced; "+format+".",
		append([]any{f.Size}, args...)...)
	return e
}

// Receive makes the bytes of r those of a file that Open returned, durably, in
// place of any before. They must be as many as announced, of the announced type
// and within its limits; else nothing changes.
func (s *Service) Receive(ctx context.Context, f taskhook.File, r io.Reader) error {
	content := taskhook.NewID(taskhook.PrefixArtifact, s.Now())
	sum, err := s.keep(ctx, f, content, r)
	if err != nil {
		return err
	}
	before, err := s.ByLink.RecordUpload(ctx, f.ID, content, sum)
	switch taskhook.ErrorCode(err) {
	case "":
		s.remove(ctx, before)
	case taskhook.CodeConflict, taskhook.CodeNotFound:
		s.remove(ctx, content)
	default: // it may be stored all the same; if not, the next start finds the bytes
	}
	return err
}

// keep stores the bytes and looks at them.
func (s *Service) keep(ctx context.Context, f taskhook.File, content string, r io.Reader) (sha256 string, err error) {
	source := &source{r: io.LimitReader(r, f.Size+1)}
	kept, err := s.Contents.Put(ctx, content, "", source)
	switch {
	case errors.Is(err, artifact.ErrEmpty):
		return "", wrongSize(f, "it is empty")
	case errors.Is(err, artifact.ErrTooLarge):
		return "", wrongSize(f, "it has more")
	case source.err != nil:
		return "", &taskhook.Error{Code: taskhook.CodeMalformed, Message: "The upload ended before it was complete. Send it again.", Err: source.err}
	case err != nil:
		return "", err
	}
	if err := s.inspect(ctx, f, content, kept); err != nil {
		s.remove(ctx, content)
		return "", err
	}
	return kept.SHA256, nil
}

// inspect says why the bytes can't be those of the file.
func (s *Service) inspect(ctx context.Context, f taskhook.File, content string, kept artifact.File) error {
	switch {
	case kept.Size > f.Size:
		return wrongSize(f, "it has more")
	case kept.Size < f.Size:
		return wrongSize(f, "it has %d", kept.Size)
	case kept.MediaType != f.ContentType:
		return refusal("The bytes are not " + f.ContentType + ", as was announced; they look like " + kept.MediaType + ".")
	case !isImage(f.ContentType):
		return nil
	}
	bytes, err := s.Contents.Get(ctx, content)
	if err != nil {
		return err
	}
	defer bytes.Close()
	width, height, err := sides(f.ContentType, bytes)
	if err != nil {
		return &taskhook.Error{Code: taskhook.CodeMalformed, Message: "The image is damaged: its header can't be read.", Err: err}
	}
	return checkSides(width, height)
}

// source tells errors of reading from those of writing.
type source struct {
	r   io.Reader
	err error
}

// Read reads on.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
