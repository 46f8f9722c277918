//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/taskhook/taskhook/client"
)

type fileCommand struct {
	Upload fileUploadCommand `cmd:"" help:"Upload a PNG, JPEG, WebP or MP4 file for the input of a task."`
	Delete fileDeleteCommand `cmd:"" help:"Delete an uploaded file."`
}

type fileUploadCommand struct {
	Path string `arg:"" help:"The file."`
	remoteFlags
}

// uploadTime is how long a server lets an upload take.
const uploadTime = 10 * time.Minute

// Run uploads a file and prints what to name it by in the input of a task.
func (cmd *fileUploadCommand) Run(ctx context.Context, c *console) error {
	f, err := os.Open(cmd.Path)
	if err != nil {
		return fmt.Errorf("open the file: %w", err)
	}
	defer f.Close()
	n, err := announcement(f)
	if err != nil {
		return err
	}
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		slow := *r.HTTP
		slow.Timeout = uploadTime
		r.HTTP = &slow
		file, err := r.UploadFile(ctx, n, f)
		if err != nil {
			return err
		}
		if r.json {
			return writeJSON(r.out.w, file)
		}
		r.log.say("%s is %s, %d bytes; name it in the input of a task by this:", file.ID, file.ContentType, file.SizeBytes)
		return r.out.print("file:" + safe(file.ID) + "\n")
	})
}

// announcement describes a file, and leaves it at its beginning.
func announcement(f *os.File) (n client.NewFile, err error) {
	info, err := f.Stat()
	if err != nil {
		return n, fmt.Errorf("look at the file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return n, usageError{errors.New("only a regular file can be uploaded")}
	}
	head := make([]byte, 512)
	size, err := io.ReadFull(f, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return n, fmt.Errorf("read the file: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return n, fmt.Errorf("read the file again: %w", err)
	}
	return client.NewFile{Filename: filepath.Base(f.Name()), ContentType: http.DetectContentType(head[:size]), SizeBytes: info.Size()}, nil
}

type fileDeleteCommand struct {
	IDs []string `arg:"" name:"id" help:"Ids of uploaded files."`
	remoteFlags
}

// Run deletes files, up to the first that can't be.
func (cmd *fileDeleteCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		for _, id := range cmd.IDs {
			if err := r.DeleteFile(ctx, id); err != nil {
				return err
			}
			r.log.say("%s is deleted", id)
		}
		return nil
	})
}
