package file

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

// Keep makes a complete file of bytes that are all there, of the type that they
// show: an image, video, sound or mesh. The rules for the sides of images are those
// of announced files only.
func (s *Service) Keep(ctx context.Context, account string, content []byte) (taskhook.File, error) {
	now := time.Now()
	f := taskhook.File{ID: taskhook.NewID(taskhook.PrefixFile, now), AccountID: account, Size: int64(len(content)), CreatedAt: now,
		Content: taskhook.NewID(taskhook.PrefixArtifact, now)}
	kept, err := s.Contents.Put(ctx, f.Content, "", bytes.NewReader(content))
	switch {
	case errors.Is(err, artifact.ErrEmpty):
		return f, refusal("The file is empty.")
	case errors.Is(err, artifact.ErrTooLarge):
		return f, &taskhook.Error{Code: taskhook.CodeFileTooLarge, Message: "The file is larger than this server keeps.", Err: err}
	case err != nil:
		return f, err
	}
	f.ContentType, f.SHA256 = kept.MediaType, kept.SHA256
	if extension(f.ContentType) == "" {
		s.remove(ctx, f.Content)
		return f, refusal("The bytes look like " + f.ContentType + "; files must be images, videos, sounds or GLB meshes.")
	}
	return s.record(ctx, now, f)
}

// record makes a file known whose bytes are there. After an error the next start
// finds the bytes, or the file is removed as one that was never completed.
func (s *Service) record(ctx context.Context, now time.Time, f taskhook.File) (taskhook.File, error) {
	if err := s.Store.CreateFile(ctx, f); err != nil {
		return f, err
	}
	if _, err := s.ByLink.RecordUpload(ctx, f.ID, f.Content, f.SHA256); err != nil {
		return f, err
	}
	return s.Store.CompleteFile(ctx, now, f.AccountID, f.ID)
}

// PermanentLink returns a link to a complete file that is good for as long as the
// file is kept.
func (s *Service) PermanentLink(f taskhook.File) string { return s.FileLinks.Permanent(shown(f)) }
