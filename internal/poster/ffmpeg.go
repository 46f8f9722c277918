package poster

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// errNoPicture says that no picture can be taken of a video, now or later.
var errNoPicture = errors.New("no picture can be taken of the video")

// Why ffmpeg is stopped, beside the end of the caller's context.
var (
	errTooLong = errors.New("ffmpeg took too long")
	errTooMuch = errors.New("ffmpeg wrote too much")
)

// FFmpeg takes pictures by that program, which it trusts with nothing: videos come from
// anywhere.
type FFmpeg struct {
	Path  string
	Limit time.Duration // for one picture; 0: 30 s
}

// The bounds of a picture.
const (
	maxSide  = 1280    // pixels of its longer side
	maxBytes = 4 << 20 // of its JPEG file
)

// holder starts ffmpeg so that it can't take more than 2 GB of memory and 30 s of a
// processor, nor write to any file; what is left of it when this process is killed ends
// by that too. Systems that know no such limit of memory have none.
const holder = `ulimit -v 2000000 2>/dev/null; ulimit -t 30; ulimit -f 0; exec "$0" "$@"`

// demuxer is what ffmpeg calls a format of videos. It must not guess the format,
// for some are lists of other files.
func demuxer(format string) (name string, ok bool) {
	switch format {
	case "mp4", "mov":
		return "mov", true
	case "webm", "mkv":
		return "matroska", true
	case "avi":
		return "avi", true
	case "ogv":
		return "ogg", true
	}
	return "", false
}

// Picture returns a JPEG picture of a video of a format such as "mp4", as it is at a
// time of it. The error is errNoPicture when ffmpeg does not make one.
func (f *FFmpeg) Picture(ctx context.Context, video *os.File, format string, at time.Duration) ([]byte, error) {
	name, ok := demuxer(format)
	if !ok {
		return nil, fmt.Errorf("%w: its format is %q", errNoPicture, format)
	}
	limited, cancel := context.WithTimeoutCause(ctx, cmp.Or(f.Limit, 30*time.Second), errTooLong)
	defer cancel()
	limited, stop := context.WithCancelCause(limited)
	defer stop(nil)
	cmd := exec.CommandContext(limited, "/bin/sh", append([]string{"-c", holder, f.Path}, arguments(name, at)...)...)
	cmd.Env = []string{} // nothing of ours is its business
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{video}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	picture, said := &bounded{most: maxBytes, full: func() { stop(errTooMuch) }}, &bounded{most: maxSaid, full: func() {}}
	cmd.Stdout, cmd.Stderr = picture, said
	err := run(cmd)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case limited.Err() != nil:
		return nil, fmt.Errorf("%w: %w", errNoPicture, context.Cause(limited))
	case err != nil:
		return nil, fmt.Errorf("%w: %w: %s", errNoPicture, err, strings.TrimSpace(said.taken.String()))
	case picture.taken.Len() == 0:
		return nil, fmt.Errorf("%w: ffmpeg made none", errNoPicture)
	}
	return picture.taken.Bytes(), nil
}

// run runs ffmpeg as work that can wait, and leaves nothing of it.
func run(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	group := cmd.Process.Pid
	defer syscall.Kill(-group, syscall.SIGKILL)
	syscall.Setpriority(syscall.PRIO_PGRP, group, 10) // it works without, too
	return cmd.Wait()
}

// arguments have the video read from descriptor 3: its name, and so where it is, is
// nothing that ffmpeg learns.
func arguments(demuxer string, at time.Duration) []string {
	side := strconv.Itoa(maxSide)
	return []string{"-nostdin", "-hide_banner", "-loglevel", "error", "-filter_threads", "1",
		"-threads", "1", "-protocol_whitelist", "file", "-format_whitelist", demuxer, "-f", demuxer,
		"-ss", strconv.FormatFloat(at.Seconds(), 'f', 3, 64), "-i", "/dev/fd/3", "-map", "0:v:0", "-frames:v", "1",
		"-vf", "scale=w='min(" + side + ",iw)':h='min(" + side + ",ih)':force_original_aspect_ratio=decrease,format=yuvj420p",
		"-threads", "1", "-c:v", "mjpeg", "-q:v", "4", "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact",
		"-f", "image2pipe", "pipe:1"}
}

// maxSaid is how much of what ffmpeg says goes to the log.
const maxSaid = 500

// bounded takes in so much, and drops the rest.
type bounded struct {
	taken bytes.Buffer
	most  int
	full  func() // called when there is a rest
}

// Write is of io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	room := b.most - b.taken.Len()
	if len(p) <= room {
		return b.taken.Write(p)
	}
	b.taken.Write(p[:room])
	b.full()
	return len(p), nil
}
