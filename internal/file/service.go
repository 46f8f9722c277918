package file

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

// Store is what the Service asks of storage about the files of an account. A file
// of another account is CodeNotFound.
type Store interface {
	CreateFile(ctx context.Context, f taskhook.File) error
	File(ctx context.Context, account, id string) (taskhook.File, error)
	Files(ctx context.Context, f taskhook.FileFilter) (taskhook.List[taskhook.File], error)
	CompleteFile(ctx context.Context, now time.Time, account, id string) (taskhook.File, error)
	DeleteFile(ctx context.Context, account, id string) (content string, err error)
}

// LinkStore is what the Service asks of storage about files whose account is not
// known: a link gave access, or time is up. RecordUpload returns the id of the
// bytes that it replaced; a complete file is CodeConflict.
type LinkStore interface {
	FileByID(ctx context.Context, id string) (taskhook.File, error)
	RecordUpload(ctx context.Context, id, content, sha256 string) (before string, err error)
	DeleteUnfinished(ctx context.Context, before time.Time, limit int) (contents []string, err error)
}

// Results finds a result of a task of an account by its file name, or answers
// CodeNotFound.
type Results interface {
	Result(ctx context.Context, account, name string) (taskhook.Artifact, error)
}

// Contents keeps the bytes. Put is durable on return.
type Contents interface {
	Put(ctx context.Context, id, name string, r io.Reader) (artifact.File, error)
	Get(ctx context.Context, id string) (io.ReadSeekCloser, error)
	Remove(ctx context.Context, id string) error
}

// Options make a Service. All fields must be set but where 0 has a meaning.
type Options struct {
	Store       Store
	ByLink      LinkStore
	Contents    Contents
	UploadLinks *artifact.Linker // of the addresses that take bytes
	FileLinks   *artifact.Linker // of the addresses that give them
	Results     Results          // of tasks, which inputs may name too
	ResultLinks *artifact.Linker
	// UnfinishedLife is how long a file may wait for its completion; 0: a day.
	UnfinishedLife time.Duration
	Now            func() time.Time // the time that all nodes go by; nil: time.Now
	Logger         *slog.Logger
}

// Service decides about uploaded files. It may be used concurrently.
type Service struct{ Options }

// NewService returns a Service.
func NewService(o Options) *Service {
	o.UnfinishedLife = cmp.Or(o.UnfinishedLife, 24*time.Hour)
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{o}
}

// Announce admits a file and says where its bytes are to be sent.
func (s *Service) Announce(ctx context.Context, account string, n taskhook.NewFile) (taskhook.Upload, error) {
	contentType, err := check(n)
	if err != nil {
		return taskhook.Upload{}, err
	}
	now := s.Now()
	f := taskhook.File{ID: taskhook.NewID(taskhook.PrefixFile, now), AccountID: account, Filename: n.Filename,
		ContentType: contentType, Size: n.Size, CreatedAt: now}
	if err := s.Store.CreateFile(ctx, f); err != nil {
		return taskhook.Upload{}, err
	}
	return taskhook.Upload{FileID: f.ID, URL: s.UploadLinks.Expiring(taskhook.Artifact{Name: f.ID}, now),
		ExpiresAt: now.Add(artifact.LinkLifetime)}, nil
}

// Complete makes an uploaded file one that can be used. Of a file that is complete
// already it says the same again; one without bytes is CodeConflict.
func (s *Service) Complete(ctx context.Context, account, id string) (taskhook.File, error) {
	return s.Store.CompleteFile(ctx, s.Now(), account, id)
}

// File returns a complete file of the account.
func (s *Service) File(ctx context.Context, account, id string) (taskhook.File, error) {
	f, err := s.Store.File(ctx, account, id)
	if err == nil && !f.Complete() {
		err = taskhook.Errorf(taskhook.CodeNotFound, "The file %s is not complete: upload its bytes and complete it first.", id)
	}
	return f, err
}

// Files lists the complete files of an account, newest first.
func (s *Service) Files(ctx context.Context, f taskhook.FileFilter) (taskhook.List[taskhook.File], error) {
	return s.Store.Files(ctx, f)
}

// Delete removes a file of the account, complete or not, and with it what its
// links open. A task that still waits for it fails.
func (s *Service) Delete(ctx context.Context, account, id string) error {
	content, err := s.Store.DeleteFile(ctx, account, id)
	if err == nil {
		s.remove(ctx, content)
	}
	return err
}

// RemoveUnfinished removes up to limit files that were announced and never
// completed in time, and returns how many they were.
func (s *Service) RemoveUnfinished(ctx context.Context, now time.Time, limit int) (int64, error) {
	contents, err := s.ByLink.DeleteUnfinished(ctx, now.Add(-s.UnfinishedLife), limit)
	for _, content := range contents {
		s.remove(ctx, content)
	}
	return int64(len(contents)), err
}

// remove deletes bytes that no file has any more, also when nobody waits for it. What
// it can't delete is found as a leftover.
func (s *Service) remove(ctx context.Context, content string) {
	if content == "" {
		return
	}
	if err := s.Contents.Remove(context.WithoutCancel(ctx), content); err != nil {
		s.Logger.WarnContext(ctx, "remove the bytes of a file", "content", content, "error", err)
	}
}
