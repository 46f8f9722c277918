package file

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

// Put keeps a file whose bytes are at hand, complete at once. A type or a size
// that n does not say is that of the bytes; what it says must fit them.
func (s *Service) Put(ctx context.Context, account string, n taskhook.NewFile, r io.Reader) (taskhook.File, error) {
	now := time.Now()
	content := taskhook.NewID(taskhook.PrefixArtifact, now)
	from := &source{r: r}
	kept, err := s.Contents.Put(ctx, content, n.Filename, from)
	if err != nil {
		return taskhook.File{}, putError(err, from.err)
	}
	f, err := s.admit(account, content, n, kept, now)
	if err == nil {
		err = s.Store.CreateFile(ctx, f)
	}
	if err == nil {
		_, err = s.ByLink.RecordUpload(ctx, f.ID, content, kept.SHA256)
	}
	if err != nil {
		s.remove(ctx, content) // its row, if there is one, is removed as unfinished
		return taskhook.File{}, err
	}
	return s.Store.CompleteFile(ctx, now, account, f.ID)
}

// putError says why bytes were not kept.
func putError(err, reading error) error {
	switch {
	case errors.Is(err, artifact.ErrEmpty):
		return refusal("The file is empty.")
	case errors.Is(err, artifact.ErrTooLarge):
		return taskhook.Errorf(taskhook.CodeFileTooLarge, "A file must have at most 100 MB (%d bytes).", MaxSize)
	case reading != nil:
		return &taskhook.Error{Code: taskhook.CodeMalformed, Message: "The upload ended before it was complete. Send it again.", Err: reading}
	}
	return err
}

// admit returns the file that the kept bytes make, or says why they can't.
func (s *Service) admit(account, content string, n taskhook.NewFile, kept artifact.File, now time.Time) (taskhook.File, error) {
	if n.ContentType == "" {
		n.ContentType = kept.MediaType
	}
	if n.Size == 0 {
		n.Size = kept.Size
	}
	contentType, err := check(n)
	if err != nil {
		return taskhook.File{}, err
	}
	f := taskhook.File{ID: taskhook.NewID(taskhook.PrefixFile, now), AccountID: account, Filename: n.Filename,
		ContentType: contentType, Size: n.Size, CreatedAt: now}
	return f, s.inspect(f, content, kept)
}
