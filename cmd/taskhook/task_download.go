//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// silenceTime is how long a download may stand still.
const silenceTime = time.Minute

type taskDownloadCommand struct {
	ID    string `arg:"" help:"Id of the task."`
	Dir   string `default:"." placeholder:"DIR" help:"Where to save the files. Default: here."`
	Force bool   `help:"Overwrite files that are there already."`
	remoteFlags
}

// Run downloads the results of a task.
func (cmd *taskDownloadCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		k, err := r.Task(ctx, cmd.ID)
		if err != nil {
			return err
		}
		switch {
		case !ended(k.Status):
			return fmt.Errorf("%s is %s and has no results yet: `taskhook task watch %s` waits for them", k.ID, k.Status, k.ID)
		case k.Status != string(taskhook.TaskSucceeded):
			return judge(k)
		}
		ctx, stop := interruptible(ctx)
		defer stop()
		for i, result := range k.Result {
			name := filepath.Join(cmd.Dir, fileName(k.ID, i, result))
			if err := saveFile(name, cmd.Force, func(w io.Writer) error { return r.download(ctx, result, name, w) }); err != nil {
				return err
			}
			if err := r.saved(result, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// saved tells of a file.
func (r *remote) saved(result client.Result, name string) error {
	if r.json {
		return writeJSON(r.out.w, result)
	}
	return r.out.print(safe(name) + "\n")
}

// download writes a result to w, and fails unless it is whole.
func (r *remote) download(ctx context.Context, result client.Result, name string, w io.Writer) (err error) {
	stalled := fmt.Errorf("download %s: no byte came for %s", filepath.Base(name), silenceTime)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(silenceTime, func() { cancel(stalled) })
	defer silence.Stop()
	defer func() {
		if err != nil && context.Cause(ctx) == stalled {
			err = stalled
		}
	}()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, result.URL, nil)
	if err != nil {
		return fmt.Errorf("read the link of a result: %w", err)
	}
	req.Header.Set("Accept-Encoding", "identity") // the size is that of the file
	res, err := r.files.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("download %s: the server answers %d %s", filepath.Base(name), res.StatusCode, http.StatusText(res.StatusCode))
	}
	got := &arrival{name: filepath.Base(name), want: result.SizeBytes, silence: silence, show: &progress{to: r.log}}
	defer got.show.end()
	n, err := io.Copy(io.MultiWriter(w, got), io.LimitReader(res.Body, result.SizeBytes+1))
	if err == nil && n != result.SizeBytes {
		err = fmt.Errorf("it is not %d bytes long as the task says", result.SizeBytes)
	}
	if err != nil {
		return fmt.Errorf("download %s: %w", filepath.Base(name), err)
	}
	return nil
}

// arrival watches the bytes of a file come.
type arrival struct {
	name      string
	got, want int64
	shown     time.Time
	silence   *time.Timer
	show      *progress
}

// Write counts.
func (a *arrival) Write(p []byte) (int, error) {
	a.silence.Reset(silenceTime)
	a.got += int64(len(p))
	if now := time.Now(); a.show.to.terminal && now.Sub(a.shown) > 100*time.Millisecond {
		a.shown = now
		a.show.tell(a.name, a.show.part(int(100*a.got/max(a.want, 1))), size(a.got))
	}
	return len(p), nil
}
