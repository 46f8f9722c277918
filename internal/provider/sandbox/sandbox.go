package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

// Adapter makes sandbox results. It may be used concurrently.
type Adapter struct {
	ffmpeg string
}

// New returns the adapter. ffmpeg is the path of that program, which makes
// videos MP4; where it is empty or can't encode H.264, videos are GIF.
func New(ffmpeg string) *Adapter { return &Adapter{ffmpeg: ffmpeg} }

// Name implements provider.Adapter.
func (a *Adapter) Name() string { return "sandbox" }

// Run implements provider.Adapter.
func (a *Adapter) Run(ctx context.Context, r provider.Request, sink provider.Sink) error {
	options, err := ParseOptions(r.Input)
	if err != nil {
		return refused(err)
	}
	sink.Progress(0)
	for step := range options.Steps {
		if err := wait(ctx, options.Duration/time.Duration(options.Steps)); err != nil {
			return err
		}
		sink.Progress(99 * (step + 1) / options.Steps)
	}
	if options.Fail != "" {
		return provider.Permanent(taskhook.TaskErrorProvider, options.Fail)
	}
	o, err := newOrder(r)
	if err != nil {
		return err
	}
	results, err := a.results(ctx, o, r.Medium)
	if err != nil {
		return fmt.Errorf("make %s: %w", r.Medium, err)
	}
	for _, result := range results {
		if err := sink.Output(ctx, provider.Output{Name: result.name, Safety: options.Safety}, bytes.NewReader(result.body)); err != nil {
			return fmt.Errorf("hand over %s: %w", result.name, err)
		}
	}
	sink.Progress(100)
	return nil
}

// refused fails a run whose options got past the submission.
func refused(err error) error {
	f := &provider.Failure{Code: taskhook.TaskErrorProvider, Message: "The sandbox can't read its options.", Err: err}
	if e, ok := errors.AsType[*taskhook.Error](err); ok {
		f.Message = e.Message
	}
	return f
}

// wait sleeps for d, or returns the error of ctx if that ends first.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return ctx.Err()
	}
}

// result is one file, small enough for memory.
type result struct {
	name string
	body []byte
}

func (a *Adapter) results(ctx context.Context, o order, medium taskhook.Medium) ([]result, error) {
	switch medium {
	case taskhook.MediumImage:
		return images(o)
	case taskhook.MediumVideo:
		return a.video(ctx, o)
	case taskhook.MediumAudio:
		return []result{{"sound.wav", wav(o)}}, nil
	case taskhook.Medium3D:
		return one("mesh.glb", o, glb)
	case taskhook.MediumTrained:
		return one("training.json", o, trained)
	case taskhook.MediumText:
		return []result{{"text.txt", []byte(stamp + ".\n\nModel: " + o.model + "\nPrompt: " + o.prompt + "\n")}}, nil
	}
	return nil, provider.Permanent(taskhook.TaskErrorProvider, fmt.Sprintf("The sandbox can't make %q.", medium))
}

func one(name string, o order, encode func(order) ([]byte, error)) ([]result, error) {
	body, err := encode(o)
	if err != nil {
		return nil, err
	}
	return []result{{name, body}}, nil
}

func images(o order) ([]result, error) {
	var results []result
	for n := range o.count() {
		body, err := pngFile(o, n)
		if err != nil {
			return nil, err
		}
		results = append(results, result{"image.png", body})
	}
	return results, nil
}
