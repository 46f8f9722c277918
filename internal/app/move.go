package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/artifact/s3"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/store"
)

// MoveOptions say what Move moves where.
type MoveOptions struct {
	store.MoveOptions
	S3     config.S3 // where files are moved to; without a bucket they stay where they are
	Logger *slog.Logger
}

// Moved is what Move has proven to be the same on both sides.
type Moved struct {
	Tables []store.TableSum
	Files  map[store.FileKind]store.FilesMark // nil: there is no bucket
}

// folderOf says where the files of each kind are.
func folderOf(kind store.FileKind) string {
	if kind == store.UploadedFiles {
		return inputFolder
	}
	return resultFolder
}

// Move brings everything of a data directory to PostgreSQL, and its files to a
// bucket. What is killed is gone on with by the next call. The directory stays as it
// is; it still has the key file.
func Move(ctx context.Context, o MoveOptions) (moved Moved, err error) {
	m, err := store.OpenMove(ctx, o.MoveOptions)
	if err != nil {
		return moved, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	var bucket *s3.Bucket
	if o.S3.Bucket != "" {
		b, hangUp, err := openBucket(ctx, &o.S3, m)
		defer hangUp()
		if err != nil {
			return moved, err
		}
		bucket = b
	}
	if err := m.Copy(ctx); err != nil {
		return moved, err
	}
	if bucket != nil {
		moved.Files = map[store.FileKind]store.FilesMark{}
		for _, kind := range []store.FileKind{store.ResultFiles, store.UploadedFiles} {
			if moved.Files[kind], err = moveFiles(ctx, m, &o, kind, bucket.Folder(folderOf(kind))); err != nil {
				return moved, err
			}
		}
	}
	moved.Tables, err = m.Finish(ctx)
	return moved, err
}

// How many files are looked up and noted at a time, and sent at once.
const (
	movePage = 200
	moveLane = 8
)

// moveFiles sends the files of a kind that are not noted as sent.
func moveFiles(ctx context.Context, m *store.Move, o *MoveOptions, kind store.FileKind, to artifact.Backend) (done store.FilesMark, err error) {
	done = m.FilesDone(kind)
	all, err := m.CountFiles(ctx, kind)
	if err != nil || all == 0 {
		return done, err
	}
	from, err := os.OpenRoot(filepath.Join(o.Dir, folderOf(kind)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return done, fmt.Errorf("open the folder of %s: %w", kind, err)
	}
	if from != nil {
		defer from.Close()
	}
	for {
		page, err := m.Files(ctx, kind, done.Last, movePage)
		if err != nil || len(page) == 0 {
			return done, err
		}
		if done, err = movePageOf(ctx, o, page, done, from, to); err != nil {
			return done, err
		}
		if err := m.NoteFiles(ctx, kind, done); err != nil {
			return done, err
		}
		if o.Told != nil {
			o.Told(store.MoveProgress{Step: "send " + string(kind), Done: done.Kept + done.Missing, All: all})
		}
	}
}

// movePageOf sends some files, several at once, and counts them.
func movePageOf(ctx context.Context, o *MoveOptions, page []store.KeptFile, done store.FilesMark, from *os.Root, to artifact.Backend) (store.FilesMark, error) {
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(moveLane)
	for _, f := range page {
		group.Go(func() error {
			copied, err := artifact.Copy(ctx, from, to, f.ID, artifact.File{MediaType: f.MediaType, Size: f.Size, SHA256: f.SHA256})
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if copied == artifact.CopyMissing {
				o.Logger.Warn("a file is neither in the data directory nor in the bucket; its links answer 410, as before", "id", f.ID)
				done.Missing++
				return nil
			}
			done.Kept++
			done.Bytes += f.Size
			return nil
		})
	}
	err := group.Wait()
	done.Last = page[len(page)-1].ID
	return done, err
}
