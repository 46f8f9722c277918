package pull

import (
	"context"
	"errors"
	"io"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

// The bounds of what workers send.
const (
	MaxOutputs    = 64      // of a task
	MaxOutputSize = 4 << 30 // bytes, as of any result
)

// Received says how many bytes of an output have arrived.
func (s *Service) Received(ctx context.Context, id string, output int) (int64, error) {
	if _, err := s.open(ctx, id); err != nil {
		return 0, err
	}
	parts, err := s.Parts.Parts(ctx, id, output)
	return sizeOf(parts), err
}

func sizeOf(parts []taskhook.OutputPart) (size int64) {
	for _, p := range parts {
		size += p.Size
	}
	return size
}

// Receive takes bytes of an output from the offset on, which must be where those end
// that have arrived, and returns how many there are then. It is good for any length;
// what arrives before the sender breaks off is kept.
func (s *Service) Receive(ctx context.Context, id string, output int, offset int64, r io.Reader) (have int64, err error) {
	if output < 0 || output >= MaxOutputs {
		return 0, taskhook.FieldErrorf(taskhook.CodeInvalid, "output", "A task has at most %d outputs, numbered from 0.", MaxOutputs)
	}
	if have, err = s.Received(ctx, id, output); err != nil {
		return have, err
	}
	if offset != have {
		return have, taskhook.FieldErrorf(taskhook.CodeConflict, "offset", "Of output %d there are %d bytes. Go on at offset %d.", output, have, have)
	}
	ctx = context.WithoutCancel(ctx)
	for {
		size, err := s.receivePart(ctx, taskhook.OutputPart{Lease: id, Output: output, Start: have}, r)
		have += size
		switch {
		case have > MaxOutputSize:
			return have, taskhook.Errorf(taskhook.CodeTooLarge, "The output is larger than %d GB.", MaxOutputSize>>30)
		case err != nil || size < s.PartSize:
			return have, err
		}
	}
}

// receivePart makes the next bytes durable. A size below PartSize is the last's.
func (s *Service) receivePart(ctx context.Context, p taskhook.OutputPart, r io.Reader) (int64, error) {
	p.ID = taskhook.NewID(taskhook.PrefixArtifact, s.Now())
	source := &cut{service: s, r: io.LimitReader(r, s.PartSize)}
	file, err := s.Files.Put(ctx, p.ID, "", source)
	switch {
	case errors.Is(err, artifact.ErrEmpty):
		return 0, source.failure()
	case err != nil:
		return 0, err
	}
	p.Size = file.Size
	s.fault("part:kept")
	if err := s.Parts.AddPart(ctx, p); err != nil {
		if taskhook.ErrorCode(err) == taskhook.CodeConflict {
			s.discard(ctx, []taskhook.Artifact{{ID: p.ID}})
		}
		return 0, err
	}
	return p.Size, source.failure()
}

// cut is a source that ends where its sender breaks off, or the server stops.
type cut struct {
	service *Service
	r       io.Reader
	err     error
}

func (c *cut) Read(p []byte) (int, error) {
	if _, stopped := c.service.wakeup(); stopped {
		c.err = errStopping
		return 0, io.EOF
	}
	n, err := c.r.Read(p)
	if err != nil && err != io.EOF {
		c.err, err = err, io.EOF
	}
	return n, err
}

var errStopping = errors.New("the server is stopping")

func (c *cut) failure() error {
	switch c.err {
	case nil:
		return nil
	case errStopping:
		return taskhook.Errorf(taskhook.CodeUnavailable, "The server is stopping. Ask in a moment how far the output is, and go on from there.")
	}
	return &taskhook.Error{Code: taskhook.CodeMalformed, Message: "The output ended before it was complete. Ask how far it is, and go on from there.", Err: c.err}
}

// joined reads pieces one after the other.
type joined struct {
	ctx   context.Context
	files Files
	parts []taskhook.OutputPart
	open  io.ReadSeekCloser // the first of parts, or nil
}

func (j *joined) Read(p []byte) (int, error) {
	for {
		if len(j.parts) == 0 {
			return 0, io.EOF
		}
		if j.open == nil {
			var err error
			if j.open, err = j.files.Get(j.ctx, j.parts[0].ID); err != nil {
				return 0, err
			}
		}
		n, err := j.open.Read(p)
		if err == io.EOF {
			j.parts = j.parts[1:]
			err = j.Close()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Close closes what is open.
func (j *joined) Close() error {
	if j.open == nil {
		return nil
	}
	err := j.open.Close()
	j.open = nil
	return err
}

// removeParts removes pieces: first the bytes, whose ids would else be forgotten.
func (s *Service) removeParts(ctx context.Context, parts []taskhook.OutputPart) error {
	var ids []string
	for _, p := range parts {
		ids = append(ids, p.ID)
	}
	return s.forget(ctx, ids)
}

func (s *Service) forget(ctx context.Context, ids []string) error {
	for _, id := range ids {
		if err := s.Files.Remove(ctx, id); err != nil {
			return err
		}
	}
	return s.Parts.RemoveParts(ctx, ids)
}
