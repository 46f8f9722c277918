package providertest

import (
	"context"
	"io"
	"slices"
	"sync"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

// Output is one result as a Recorder got it.
type Output struct {
	Name   string
	Safety taskhook.Safety
	Bytes  []byte
}

// Recorder is a sink that remembers. The zero value is ready; it may be used
// concurrently.
type Recorder struct {
	OnProgress func(percent int) // called for each report, if set
	OnOutput   func() error      // called before an output is read, if set

	OnAsking func() error              // called before the provider is asked, if set
	OnSent   func(handle string) error // called with the handle, if set

	mu      sync.Mutex
	handles []string
	reports []int
	outputs []Output
}

// Progress implements provider.Sink.
func (r *Recorder) Progress(percent int) {
	r.mu.Lock()
	r.reports = append(r.reports, percent)
	r.mu.Unlock()
	if r.OnProgress != nil {
		r.OnProgress(percent)
	}
}

// Output implements provider.Sink.
func (r *Recorder) Output(ctx context.Context, o provider.Output, body io.Reader) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.OnOutput != nil {
		if err := r.OnOutput(); err != nil {
			return err
		}
	}
	b, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outputs = append(r.outputs, Output{o.Name, o.Safety, b})
	return nil
}

// Asking implements provider.Sink.
func (r *Recorder) Asking(context.Context) error {
	if r.OnAsking != nil {
		return r.OnAsking()
	}
	return nil
}

// Sent implements provider.Sink.
func (r *Recorder) Sent(_ context.Context, handle string) error {
	r.mu.Lock()
	r.handles = append(r.handles, handle)
	r.mu.Unlock()
	if r.OnSent != nil {
		return r.OnSent(handle)
	}
	return nil
}

// Handles returns what Sent was told so far.
func (r *Recorder) Handles() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.handles)
}

// Reports returns the progress reported so far.
func (r *Recorder) Reports() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.reports)
}

// Outputs returns the results got so far.
func (r *Recorder) Outputs() []Output {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.outputs)
}
