package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/artifact/s3"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/internal/file"
)

// maxArtifact is the size of the largest result that is kept.
const maxArtifact = 4 << 30

// The folders of files, in the data directory and in a bucket alike.
const (
	resultFolder = "artifacts"
	inputFolder  = "files"
)

// openFiles opens where results and uploaded files are kept. A bucket is tried first,
// so that a start fails where a task otherwise would.
func (a *App) openFiles(ctx context.Context) (err error) {
	if a.Config.S3.Bucket != "" {
		if err = a.openBucket(ctx); err != nil {
			return err
		}
	}
	if a.files, err = a.openFolder(ctx, resultFolder, maxArtifact); err != nil {
		return err
	}
	a.inputs, err = a.openFolder(ctx, inputFolder, file.MaxSize)
	return err
}

// openFolder opens one of them and removes what was left unfinished there.
func (a *App) openFolder(ctx context.Context, name string, limit int64) (files *artifact.Store, err error) {
	dir := filepath.Join(a.Config.Data, name)
	if a.bucket == nil {
		files, err = artifact.Open(dir, limit)
	} else {
		files, err = artifact.OpenWith(a.bucket.Folder(name), dir, limit)
	}
	if err != nil {
		return nil, err
	}
	if err := files.Sweep(ctx, time.Now()); err != nil {
		return nil, errors.Join(err, files.Close())
	}
	return files, nil
}

// bucketPatience is how long a start may wait for the bucket.
const bucketPatience = 30 * time.Second

func (a *App) openBucket(ctx context.Context) error {
	c := a.Config.S3
	transport := egress.NewTrusted(egress.TrustedOptions{})
	a.hangUp = transport.CloseIdleConnections
	var err error
	a.bucket, err = s3.Open(s3.Options{Endpoint: c.Base(), Bucket: c.Bucket, Region: c.Region, Prefix: c.Prefix,
		AccessKey: c.AccessKey, SecretKey: c.SecretKey.Reveal(), Transport: transport})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, bucketPatience)
	defer cancel()
	if err := a.bucket.Try(ctx); err != nil {
		return err
	}
	return a.claimBucket(ctx)
}

// claimBucket makes the bucket that of the database, whose oldest account is like no
// other's. Before there is one the bucket must be nobody's.
func (a *App) claimBucket(ctx context.Context) error {
	owner, err := a.store.Installation(ctx)
	if err != nil {
		return fmt.Errorf("look up the first account: %w", err)
	}
	return a.bucket.Claim(ctx, owner)
}

// claimFresh makes the bucket that of a database that has just got its first account.
// It stops no start: the key that it would show is shown once.
func (a *App) claimFresh(ctx context.Context) {
	if a.bucket == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, bucketPatience)
	defer cancel()
	if err := a.claimBucket(ctx); err != nil {
		a.Logger.Error("claim the bucket; it is tried again at the next start", "error", err)
	}
}

// signer makes links of the storage, if readers are to be sent on to them.
func (a *App) signer(folder string) artifact.Signer {
	if a.bucket == nil || a.Config.S3.Serve != "redirect" {
		return nil
	}
	return a.bucket.Folder(folder)
}

// leftoverAge is how old a file without a row must be in a bucket before it is taken
// for a leftover: the run or the upload that it belongs to may be that of another
// node, and its row may still be on the way.
const leftoverAge = 24 * time.Hour

// leftoversBefore is the id that leftovers come before.
func (a *App) leftoversBefore(now time.Time) string {
	if a.bucket == nil {
		// The lock says that no other process has made any.
		return taskhook.FloorID(taskhook.PrefixArtifact, a.opened)
	}
	return taskhook.FloorID(taskhook.PrefixArtifact, now.Add(-leftoverAge))
}
