package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"
)

const videoRate = 12 // frames per second

// video makes an MP4, or a GIF where that can't be done here.
func (a *Adapter) video(ctx context.Context, o order) ([]result, error) {
	if a.ffmpeg != "" {
		body, err := a.mp4(ctx, o)
		if err == nil {
			return []result{{"video.mp4", body}}, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	body, err := gifFile(ctx, o)
	if err != nil {
		return nil, err
	}
	return []result{{"video.gif", body}}, nil
}

// mp4 has ffmpeg encode the frames. One thread and no version strings make the
// bytes depend on the input alone, as far as ffmpeg itself is the same.
func (a *Adapter) mp4(ctx context.Context, o order) ([]byte, error) {
	file, err := os.CreateTemp("", "taskhook-sandbox-")
	if err != nil {
		return nil, fmt.Errorf("make file: %w", err)
	}
	defer file.Close()
	if err := os.Remove(file.Name()); err != nil { // ffmpeg gets the file, not its name: a kill leaves nothing
		return nil, fmt.Errorf("take the name of a file away: %w", err)
	}
	width, height := o.size(320, 180, videoSide)
	width, height = width&^1, height&^1 // H.264 halves the colours' resolution
	length := o.length(videoLength)
	cmd := exec.CommandContext(ctx, a.ffmpeg, "-hide_banner", "-loglevel", "error",
		"-f", "rawvideo", "-pix_fmt", "rgb24", "-s", fmt.Sprintf("%dx%d", width, height), "-r", strconv.Itoa(videoRate), "-i", "pipe:0",
		"-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-pix_fmt", "yuv420p",
		"-fflags", "+bitexact", "-flags:v", "+bitexact", "-metadata", "comment="+stamp, "-movflags", "+faststart", "-f", "mp4", "-y", "/dev/fd/3")
	cmd.ExtraFiles = []*os.File{file}
	cmd.Env = []string{} // nothing of ours is its business
	cmd.WaitDelay = time.Second
	cmd.Stdin = &frames{picture: newPicture(o, 0, width, height), left: int(length * videoRate / time.Second)}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("run ffmpeg: %w: %s", err, said.Bytes())
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read the video: %w", err)
	}
	return io.ReadAll(file)
}

// frames reads as the pixels of a picture's frames, one after the other, in red,
// green and blue.
type frames struct {
	picture *picture
	drawn   int
	left    int
	pixels  bytes.Buffer
}

func (f *frames) Read(p []byte) (int, error) {
	if f.pixels.Len() == 0 && f.left > 0 {
		m := f.picture.frame(f.drawn)
		for _, i := range m.Pix {
			r, g, b, _ := m.Palette[i].RGBA()
			f.pixels.Write([]byte{byte(r >> 8), byte(g >> 8), byte(b >> 8)})
		}
		f.drawn, f.left = f.drawn+1, f.left-1
	}
	return f.pixels.Read(p)
}
