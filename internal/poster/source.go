package poster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/taskhook/taskhook"
)

// maxCopy is the size of the largest video that is copied to take a picture of it.
const maxCopy = 1 << 30

// open opens a video as a file of this machine. One that is elsewhere, in a bucket or in
// the database, is copied to one that has no name.
func (m *Maker) open(ctx context.Context, video *taskhook.Artifact) (*os.File, error) {
	if video.Inline {
		content, err := m.Store.Content(ctx, video.ID)
		if err != nil {
			return nil, err
		}
		return m.copy(bytes.NewReader(content))
	}
	kept, err := m.Files.Get(ctx, video.ID)
	if err != nil {
		return nil, err
	}
	if file, ok := kept.(*os.File); ok {
		return file, nil
	}
	defer kept.Close()
	if video.Size > maxCopy {
		return nil, fmt.Errorf("%w: it is not on this machine, and has more than %d bytes", errNoPicture, maxCopy)
	}
	return m.copy(kept)
}

func (m *Maker) copy(r io.Reader) (*os.File, error) {
	if err := os.MkdirAll(m.Scratch, 0o700); err != nil {
		return nil, fmt.Errorf("make scratch directory: %w", err)
	}
	file, err := os.CreateTemp(m.Scratch, "video-")
	if err != nil {
		return nil, fmt.Errorf("copy video: %w", err)
	}
	err = os.Remove(file.Name()) // ffmpeg gets the file, not its name
	if err == nil {
		_, err = io.Copy(file, io.LimitReader(r, maxCopy))
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("copy video: %w", err)
	}
	return file, nil
}
