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
	return s.put(ctx, taskhook.File{ID: taskhook.NewID(taskhook.PrefixFile, time.Now()), AccountID: account}, n, r)
}

// put keeps the bytes of r as the file f, of which it completes what n and the bytes
// tell.
func (s *Service) put(ctx context.Context, f taskhook.File, n taskhook.NewFile, r io.Reader) (taskhook.File, error) {
	now := time.Now()
	content := taskhook.NewID(taskhook.PrefixArtifact, now)
	from := &source{r: r}
	kept, err := s.Contents.Put(ctx, content, n.Filename, from)
	if err != nil {
		return taskhook.File{}, putError(err, from.err)
	}
	f.CreatedAt = now
	if err = s.describe(&f, content, n, kept); err == nil {
		err = s.Store.CreateFile(ctx, f)
	}
	if err == nil {
		_, err = s.ByLink.RecordUpload(ctx, f.ID, content, kept.SHA256)
	}
	if err != nil {
		s.remove(ctx, content) // its row, if there is one, is removed as unfinished
		return taskhook.File{}, err
	}
	return s.Store.CompleteFile(ctx, now, f.AccountID, f.ID)
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

// describe completes a file from what is known of it, or says why the kept bytes
// can't be it.
func (s *Service) describe(f *taskhook.File, content string, n taskhook.NewFile, kept artifact.File) (err error) {
	if n.ContentType == "" {
		n.ContentType = kept.MediaType
	}
	if n.Size == 0 {
		n.Size = kept.Size
	}
	if f.ContentType, err = check(n); err != nil {
		return err
	}
	f.Filename, f.Size = n.Filename, n.Size
	return s.inspect(*f, content, kept)
}
