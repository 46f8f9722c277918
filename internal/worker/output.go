package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/provider"
)

// Output is of provider.Sink: it sends a result, and goes on where it was after a
// connection breaks.
func (j *job) Output(ctx context.Context, o provider.Output, r io.Reader) error {
	file, ok := r.(io.ReadSeeker)
	if !ok {
		spool, err := spooled(r)
		if err != nil {
			return err
		}
		defer spool.Close()
		file = spool
	}
	hash := sha256.New()
	size, err := io.Copy(hash, file)
	if err != nil {
		return fmt.Errorf("read the result: %w", err)
	}
	index := len(j.outputs)
	out := client.Output{Name: o.Name, Size: size, SHA256: hex.EncodeToString(hash.Sum(nil))}
	if o.Safety != taskhook.SafetyUnknown {
		out.NSFW = new(o.Safety == taskhook.SafetyFlagged)
	}
	if err := j.persist(ctx, "send a result", func(ctx context.Context) error { return j.send(ctx, index, file, size) }); err != nil {
		return err
	}
	j.outputs = append(j.outputs, out)
	return nil
}

// send sends what is missing of a result.
func (j *job) send(ctx context.Context, index int, file io.ReadSeeker, size int64) error {
	have, err := j.Server.Received(ctx, j.lease.ID, index)
	if err != nil || have == size {
		return err
	}
	if have > size {
		return fmt.Errorf("the server has %d bytes of a result of %d", have, size)
	}
	if _, err := file.Seek(have, io.SeekStart); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watched := watch(file, cancel)
	defer watched.timer.Stop()
	have, err = j.Server.Send(ctx, j.lease.ID, index, have, watched)
	if answer, ok := errors.AsType[*client.Error](err); ok && answer.Status == http.StatusConflict {
		return &moved{err} // asked again, which says whether the lease is over
	}
	if err == nil && have != size {
		err = fmt.Errorf("%d bytes of %d have arrived", have, size)
	}
	return err
}

// moved hides that an answer was a refusal, for another call may not be.
type moved struct{ err error }

func (m *moved) Error() string { return m.err.Error() }

// stall is how long nothing may leave for the server.
const stall = time.Minute

// watched is a reader whose reader is given up when it stalls.
type watched struct {
	r     io.Reader
	timer *time.Timer
}

func watch(r io.Reader, giveUp func()) *watched {
	return &watched{r, time.AfterFunc(stall, giveUp)}
}

func (w *watched) Read(p []byte) (int, error) {
	w.timer.Reset(stall)
	return w.r.Read(p)
}

// spooled keeps what can be read only once in a file without a name.
func spooled(r io.Reader) (*os.File, error) {
	file, err := os.CreateTemp("", "taskhook-")
	if err != nil {
		return nil, fmt.Errorf("keep a result: %w", err)
	}
	err = os.Remove(file.Name())
	if err == nil {
		_, err = io.Copy(file, r)
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("keep a result: %w", err), file.Close())
	}
	return file, nil
}
