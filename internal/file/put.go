package file

import (
	"context"
	"errors"
	"io"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

// Put keeps a file whose bytes are at hand, complete at once. A type that n does not
// say is that of the bytes, which must fit one that it says; its size is not looked
// at. More types are taken than may be announced, and images of any sides.
func (s *Service) Put(ctx context.Context, account string, n taskhook.NewFile, r io.Reader) (taskhook.File, error) {
	return s.put(ctx, taskhook.File{ID: taskhook.NewID(taskhook.PrefixFile, s.Now()), AccountID: account}, n, r)
}

// put keeps the bytes of r as the file f, of which it completes what n and the bytes
// tell.
func (s *Service) put(ctx context.Context, f taskhook.File, n taskhook.NewFile, r io.Reader) (taskhook.File, error) {
	now := s.Now()
	content := taskhook.NewID(taskhook.PrefixArtifact, now)
	from := &source{r: r}
	kept, err := s.Contents.Put(ctx, content, n.Filename, from)
	if err != nil {
		return taskhook.File{}, putError(err, from.err)
	}
	f.CreatedAt = now
	if err = describe(&f, n, kept); err == nil {
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
func describe(f *taskhook.File, n taskhook.NewFile, kept artifact.File) error {
	f.Filename, f.ContentType, f.Size = n.Filename, kept.MediaType, kept.Size
	switch {
	case extension(kept.MediaType) == "":
		return refusal("The file is no image, video, sound or mesh of a kind that is taken; it looks like " + kept.MediaType + ".")
	case n.ContentType != "" && n.ContentType != kept.MediaType:
		return refusal("The bytes are not " + n.ContentType + "; they look like " + kept.MediaType + ".")
	}
	return checkFilename(n.Filename)
}
