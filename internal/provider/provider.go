package provider

import (
	"context"
	"encoding/json"
	"io"

	"github.com/taskhook/taskhook"
)

// Request is what a run hands to its adapter.
type Request struct {
	TaskID     string
	RunID      string
	Attempt    int    // number of the run, from 1
	Provider   string // as the client named it, "vidu"
	Capability string // "text-to-video"
	Model      string // as the provider calls it
	Medium     taskhook.Medium
	Input      json.RawMessage // an object, valid by the model's schema
	// Handle is what an earlier call for this run told Sink.Sent: the work has
	// been asked for, and is only to be waited for. Of a Remote only.
	Handle string
	// Park says that the caller takes a Parked.
	Park bool
}

// Adapter generates in this process.
type Adapter interface {
	// Name is what the catalogue calls the adapter: "sandbox",
	// "command:espeak". It never changes.
	Name() string

	// Run does the work of one run and returns when it has ended: nil after the
	// last output was taken, else an error. Permanent ones fail the task, any
	// other may be tried again. When ctx ends, Run stops the work, leaves
	// nothing running, and promptly returns an error that is ctx.Err(). It is
	// called concurrently, but once at a time for a run.
	Run(ctx context.Context, r Request, sink Sink) error
}

// Sink takes what a run yields while it goes on. Its methods are called by one
// goroutine at a time, and not after Run has returned.
type Sink interface {
	// Progress reports how much is done, from 0 to 100, never falling. It is
	// cheap and may drop reports.
	Progress(percent int)

	// Output reads one result to its end and keeps it; the order of the calls is
	// the order of the results. On an error nothing of it is kept and Run returns
	// that error.
	Output(ctx context.Context, o Output, r io.Reader) error

	// Asking stores, durably on return, that the provider is about to be asked for the
	// work. Only a Remote calls it, when nothing is left to do but to write the request:
	// what it may have heard of is not asked for again blindly. After an error it must not
	// be asked, and Run returns that error.
	Asking(ctx context.Context) error

	// Sent stores, durably on return, by what name the provider knows the work.
	// Only a Remote calls it, once, as soon as it knows. An error says that the run
	// is no longer this process's own.
	Sent(ctx context.Context, handle string) error
}

// Output is what an adapter says of one result. The zero value says nothing.
type Output struct {
	// Name is what the maker calls the file, such as "speech.wav": its extension
	// is used only where the bytes leave the format open.
	Name string
	// Safety is what the provider's own check found. Adapters do not guess it.
	Safety taskhook.Safety
}

// Remote is an Adapter whose work goes on elsewhere when this process ends, and
// may cost money: it must not be asked for twice. Run asks unless the request has
// a handle, tells the sink before it does so and the handle after, and waits. When ctx
// ends because the task did, for which see [Abandoned], Run asks the provider to stop;
// else it leaves the work to a later call.
//
// Errors before the handle is known: a [Refused], and a [Failure] that says so, are of
// a provider that has taken nothing on, an [Unreached] of one that was not asked, and
// an [Unclear] of one that may have taken it on. Any other, but for a Failure, is of
// one that may be asked again without harm.
type Remote interface {
	Adapter
	// Repeatable reports whether the provider, asked twice with the same run id,
	// does the work once.
	Repeatable() bool
}

// Waker is a Remote that can be told that the work of a run may have changed. Wake
// does not wait, and ignores runs that it does not know.
type Waker interface {
	Remote
	Wake(run string)
}

// Limited is an Adapter that can do only so many runs at once. Run waits for its
// turn; a worker that looks here first need not claim runs to let them wait.
type Limited interface {
	Adapter
	Concurrency() int
}

// Sharing is a Limited whose runs count together with those of all others that have
// the same account with their provider. An empty name is an account of its own.
type Sharing interface {
	Limited
	Account() string
}
