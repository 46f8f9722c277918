package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/artifact/s3"
	"github.com/taskhook/taskhook/internal/config"
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
	before := time.Now()
	if a.bucket == nil {
		files, err = artifact.Open(filepath.Join(a.folder(), name), limit)
		if a.store.Shared() {
			before = before.Add(-leftoverAge)
		}
	} else {
		files, err = artifact.OpenWith(a.bucket.Folder(name), filepath.Join(a.Config.Data, name), limit)
	}
	if err != nil {
		return nil, err
	}
	if err := files.Sweep(ctx, before); err != nil {
		return nil, errors.Join(err, files.Close())
	}
	return files, nil
}

// bucketPatience is how long a start may wait for the bucket.
const bucketPatience = 30 * time.Second

func (a *App) openBucket(ctx context.Context) (err error) {
	a.bucket, a.hangUp, err = openBucket(ctx, &a.Config.S3, a.store)
	return err
}

// openBucket opens a bucket, tries it and makes it that of a database. HangUp closes
// the connections to it, after an error too.
func openBucket(ctx context.Context, c *config.S3, of owner) (b *s3.Bucket, hangUp func(), err error) {
	transport := egress.NewTrusted(egress.TrustedOptions{})
	ctx, cancel := context.WithTimeout(ctx, bucketPatience)
	defer cancel()
	b, err = s3.Open(s3.Options{Endpoint: c.Base(), Bucket: c.Bucket, Region: c.Region, Prefix: c.Prefix,
		AccessKey: c.AccessKey, SecretKey: c.SecretKey.Reveal(), Transport: transport})
	if err == nil {
		err = b.Try(ctx)
	}
	if err == nil {
		err = claimBucket(ctx, b, of)
	}
	return b, transport.CloseIdleConnections, err
}

// owner knows what tells a database from all others.
type owner interface {
	Installation(ctx context.Context) (id string, err error)
}

// claimBucket makes the bucket that of the database, whose oldest account is like no
// other's. Before there is one the bucket must be nobody's.
func claimBucket(ctx context.Context, b *s3.Bucket, of owner) error {
	id, err := of.Installation(ctx)
	if err != nil {
		return fmt.Errorf("look up the first account: %w", err)
	}
	return b.Claim(ctx, id)
}

// claimFresh makes the bucket that of a database that has just got its first account.
// It stops no start: the key that it would show is shown once.
func (a *App) claimFresh(ctx context.Context) {
	if a.bucket == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, bucketPatience)
	defer cancel()
	if err := claimBucket(ctx, a.bucket, a.store); err != nil {
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

// folder is where files are kept without a bucket.
func (a *App) folder() string { return cmp.Or(a.Config.Files, a.Config.Data) }

// filesID stands for where files are kept, for the nodes of a database to compare.
func (a *App) filesID() (string, error) {
	if c := a.Config.S3; a.bucket != nil {
		return "s3:" + path.Join(c.Bucket, c.Prefix), nil
	}
	id, err := folderID(a.folder())
	if err != nil {
		return "", fmt.Errorf("mark the folder of files: %w", err)
	}
	return id, nil
}

// folderID reads the mark of a folder, which it makes when there is none. Two that
// do so at once get the same.
func folderID(dir string) (string, error) {
	mark := filepath.Join(dir, "taskhook.files")
	text, err := os.ReadFile(mark)
	if !errors.Is(err, fs.ErrNotExist) {
		return string(text), err
	}
	id := rand.Text()
	made := mark + "." + id
	if err := os.WriteFile(made, []byte(id), 0o600); err != nil {
		return "", err
	}
	if err := os.Link(made, mark); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", errors.Join(err, os.Remove(made))
	}
	text, err = os.ReadFile(mark)
	return string(text), errors.Join(err, os.Remove(made))
}

// leftoverAge is how old a file without a row must be before it is taken for a
// leftover where other nodes may keep files: the run or the upload that it belongs to
// may be theirs, and its row may still be on the way.
const leftoverAge = 24 * time.Hour

// othersKeep reports whether other nodes may keep files where this one does. If not,
// a lock says that no other process makes any.
func (a *App) othersKeep() bool { return a.bucket != nil || a.store.Shared() }

// formerGone reports whether the nodes are gone that were there when this one started:
// what they have not stored by then they never will.
func (a *App) formerGone(ctx context.Context) bool {
	if !a.store.Shared() {
		return true
	}
	nodes, err := a.store.Nodes(ctx)
	return err == nil && !slices.ContainsFunc(nodes, func(n taskhook.NodeState) bool { return slices.Contains(a.former, n.ID) })
}
