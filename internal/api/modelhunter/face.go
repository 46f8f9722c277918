package modelhunter

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// Name is the face's name, which its tasks carry.
const Name = "modelhunter"

// The services. Each may be called concurrently, sees only what belongs to the
// account that it is given, and reports what a user should read as a
// taskhook.Error; an id of another account is not found.
type (
	// Keys knows who holds a key, and keeps the keys. An empty text is
	// CodeUnauthenticated. CreateKey returns the text of the key, which is shown
	// once, and makes none that may do more than its maker.
	Keys interface {
		Authenticate(ctx context.Context, keyText string, from netip.Addr) (taskhook.Identity, error)
		CreateKey(ctx context.Context, who taskhook.Identity, n taskhook.NewKey) (text string, k taskhook.Key, err error)
		AccountKeys(ctx context.Context, f taskhook.KeyFilter) (taskhook.List[taskhook.Key], error)
		DeleteKey(ctx context.Context, account, id string) error
	}

	// Tasks creates and finds tasks. A created task is durable on return; existed
	// is true when an idempotency key stands for it already. Cancel of a finished
	// task and Retry of any but a failed or expired one are CodeConflict.
	Tasks interface {
		Create(ctx context.Context, who taskhook.Identity, n taskhook.NewTask) (t taskhook.Task, existed bool, err error)
		Task(ctx context.Context, account, id string) (taskhook.Task, error)
		Tasks(ctx context.Context, f taskhook.TaskFilter) (taskhook.List[taskhook.Task], error)
		Cancel(ctx context.Context, account, id string) (taskhook.Task, error)
		Retry(ctx context.Context, who taskhook.Identity, id, handle string) (taskhook.Task, error)
	}

	// Batches submits many tasks together, all durable on return or none, and finds them.
	// Cancel of one whose tasks have all ended is CodeConflict.
	Batches interface {
		Create(ctx context.Context, who taskhook.Identity, n taskhook.NewBatch) (b taskhook.Batch, existed bool, err error)
		Batch(ctx context.Context, account, id string) (taskhook.Batch, error)
		Batches(ctx context.Context, f taskhook.BatchFilter) (taskhook.List[taskhook.Batch], error)
		Cancel(ctx context.Context, account, id string) (taskhook.Batch, error)
	}

	// Endpoints keeps the receivers.
	Endpoints interface {
		CreateEndpoint(ctx context.Context, account string, n taskhook.NewEndpoint) (taskhook.Endpoint, error)
		Endpoint(ctx context.Context, account, id string) (taskhook.Endpoint, error)
		Endpoints(ctx context.Context, f taskhook.EndpointFilter) (taskhook.List[taskhook.Endpoint], error)
		UpdateEndpoint(ctx context.Context, account, id string, change taskhook.EndpointChange) (taskhook.Endpoint, error)
		DeleteEndpoint(ctx context.Context, account, id string) error
	}

	// EndpointTools does what is done to one receiver: a new secret, the old one
	// staying valid for the overlap, and a test event, sent once before return. It
	// knows how a receiver fares, and drops what is held for one that is not active.
	EndpointTools interface {
		EndpointHealth(ctx context.Context, account, id string) (taskhook.EndpointHealth, error)
		RotateSecret(ctx context.Context, account, id string, overlap time.Duration) (taskhook.Endpoint, error)
		TestEndpoint(ctx context.Context, account, id string) (taskhook.TestResult, error)
		DropHeld(ctx context.Context, account, id string) (int64, error)
	}

	// Deliveries finds deliveries and sends them again.
	Deliveries interface {
		Deliveries(ctx context.Context, f taskhook.DeliveryFilter) (taskhook.List[taskhook.Delivery], error)
		Delivery(ctx context.Context, account, id string) (taskhook.Delivery, error)
		Attempts(ctx context.Context, account, id string) ([]taskhook.Attempt, error)
		Replay(ctx context.Context, account, id string) (taskhook.Delivery, error)
	}

	// Replays sends many deliveries again. A started replay is durable on return, and
	// one that is final is CodeConflict to Change.
	Replays interface {
		Preview(ctx context.Context, who taskhook.Identity, n taskhook.NewReplay) (taskhook.ReplayPreview, error)
		Start(ctx context.Context, who taskhook.Identity, n taskhook.NewReplay) (taskhook.Replay, error)
		Replay(ctx context.Context, account, id string) (taskhook.Replay, error)
		Replays(ctx context.Context, f taskhook.ReplayFilter) (taskhook.List[taskhook.Replay], error)
		Change(ctx context.Context, account, id string, c taskhook.ReplayChange) (taskhook.Replay, error)
	}

	// Publisher makes events durable, all or none, and returns them in order.
	Publisher interface {
		Publish(ctx context.Context, account string, events []taskhook.Publish) ([]taskhook.Event, error)
	}

	// Feed reads the events of an account in their order. While there is nothing after
	// the query's cursor Events waits; Sign returns the headers of an attempt at an
	// endpoint.
	Feed interface {
		Events(ctx context.Context, q taskhook.FeedQuery, wait time.Duration) (taskhook.FeedPage, error)
		End(ctx context.Context) (taskhook.Cursor, error)
		Wanted(ctx context.Context, account, endpoint string) ([]string, error)
		Sign(ctx context.Context, account, endpoint string, events []taskhook.Event) ([]http.Header, error)
		Stopped() bool // nobody may wait any more
	}

	// Files keeps the inputs that clients upload; only complete ones are found.
	// Complete of a file without bytes is CodeConflict.
	Files interface {
		Announce(ctx context.Context, account string, n taskhook.NewFile) (taskhook.Upload, error)
		Complete(ctx context.Context, account, id string) (taskhook.File, error)
		File(ctx context.Context, account, id string) (taskhook.File, error)
		Files(ctx context.Context, f taskhook.FileFilter) (taskhook.List[taskhook.File], error)
		Delete(ctx context.Context, account, id string) error
	}

	// Uploads takes the bytes of files from whoever has an upload link, and makes
	// the links of answers. Open looks at a link and the headers of a request
	// before its body is read, of which length is the size, or -1.
	Uploads interface {
		Open(ctx context.Context, id string, query url.Values, contentType string, length int64) (taskhook.File, error)
		Receive(ctx context.Context, f taskhook.File, body io.Reader) error
		Link(f taskhook.File, now time.Time) string
	}

	// Money knows what accounts have and spend. A Usage with no times is the recent
	// one.
	Money interface {
		Balance(ctx context.Context, account string) (taskhook.Balance, error)
		Usage(ctx context.Context, f taskhook.UsageFilter) (taskhook.Usage, error)
	}

	// Workflows keeps definitions, each in all its versions. One that is wrong is
	// CodeInvalid, with the place.
	Workflows interface {
		Create(ctx context.Context, account string, s taskhook.Source) (taskhook.Workflow, error)
		Get(ctx context.Context, account, id string) (taskhook.Workflow, error)
		List(ctx context.Context, f taskhook.WorkflowFilter) (taskhook.List[taskhook.Workflow], error)
		Update(ctx context.Context, account, id string, s taskhook.Source) (taskhook.Workflow, error)
		Delete(ctx context.Context, account, id string) error
	}

	// Executions runs workflows. A started execution is durable on return. Output is
	// what an ended one has made, or nil.
	Executions interface {
		Start(ctx context.Context, who taskhook.Identity, n taskhook.NewExecution) (taskhook.Execution, error)
		Execution(ctx context.Context, account, id string) (taskhook.Execution, error)
		ListExecutions(ctx context.Context, f taskhook.ExecutionFilter) (taskhook.List[taskhook.Execution], error)
		Cancel(ctx context.Context, account, id string) (taskhook.Execution, error)
		Output(x *taskhook.Execution) (json.RawMessage, error)
	}

	// Models lists what can be asked for.
	Models interface {
		Models() []*catalogue.Model
	}

	// Links makes the links of answers, which are made again each time.
	Links interface {
		Expiring(a taskhook.Artifact, now time.Time) string
	}
)

// Config is what the face works with. All fields must be set.
type Config struct {
	Now           func() time.Time // the time that all nodes go by; nil: time.Now
	Keys          Keys
	Tasks         Tasks
	Batches       Batches
	Endpoints     Endpoints
	EndpointTools EndpointTools
	Deliveries    Deliveries
	Replays       Replays
	Publisher     Publisher
	Feed          Feed
	Files         Files
	Uploads       Uploads
	Workflows     Workflows
	Executions    Executions
	Tree          func(taskhook.Source) (json.RawMessage, error) // a definition as JSON
	Models        Models
	Money         Money
	Links         Links
	Log           *slog.Logger
}

// Face answers requests of the primary API. It may be used concurrently.
type Face struct {
	Config
	answers *httpserver.Answers
	mux     *http.ServeMux
	handler http.Handler
}

// New returns the face.
func New(c Config) *Face {
	if c.Now == nil {
		c.Now = time.Now
	}
	f := &Face{Config: c, answers: httpserver.NewAnswers(c.Log), mux: http.NewServeMux()}
	for _, route := range f.Routes() {
		f.mux.Handle(route.Method+" "+route.Pattern, f.serve(route))
	}
	f.mux.HandleFunc("/", f.unmatched)
	f.handler = httpserver.Recover(c.Log, http.HandlerFunc(f.fault), f.mux)
	return f
}

// ServeHTTP answers one request.
func (f *Face) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// serve returns the handler of a route: it finds out who asks and whether they may,
// lets the route answer, and is the one place where an error is written.
func (f *Face) serve(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if reserved(r.PathValue("provider")) {
			f.unmatched(w, r)
			return
		}
		who, err := f.identify(r)
		if err == nil && route.Scope != scopeByMedium {
			err = who.Need(route.Scope)
		}
		if err == nil {
			err = route.Handler(w, r, who)
		}
		if err != nil {
			f.writeError(w, r, err)
		}
	})
}
