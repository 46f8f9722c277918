package worker

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/api/envelope"
	"github.com/taskhook/taskhook/internal/httpserver"
	"github.com/taskhook/taskhook/internal/openapi"
	"github.com/taskhook/taskhook/internal/pull"
)

// Keys knows who holds a key. An empty text is CodeUnauthenticated.
type Keys interface {
	Authenticate(ctx context.Context, keyText string, from netip.Addr) (taskhook.Identity, error)
}

// Leases gives tasks to workers; see pull.Service. What is asked for under a lease that
// is over is CodeConflict, but for a heartbeat.
type Leases interface {
	Lease(ctx context.Context, key taskhook.Limits, w taskhook.Worker, limit int, wait time.Duration) (jobs []pull.Job, draining bool, err error)
	Heartbeat(ctx context.Context, lease string, percent int) (pull.Heartbeat, error)
	Complete(ctx context.Context, lease string, results []pull.Result) error
	Fail(ctx context.Context, lease, message string, permanent bool) error
	Release(ctx context.Context, lease string) error
}

// Outputs takes results in pieces.
type Outputs interface {
	Received(ctx context.Context, lease string, output int) (int64, error)
	Receive(ctx context.Context, lease string, output int, offset int64, r io.Reader) (have int64, err error)
}

// Workers knows the workers.
type Workers interface {
	Workers(ctx context.Context) ([]taskhook.Worker, error)
	Drain(ctx context.Context, worker string) error
}

// Config makes a Face.
type Config struct {
	Keys    Keys
	Leases  Leases
	Outputs Outputs
	Workers Workers
	BaseURL string // under which the server is reached, without a slash at its end
	Log     *slog.Logger
}

// Face is the handler of everything below /worker/v1/.
type Face struct {
	Config
	answers *httpserver.Answers
	handler http.Handler
}

// New returns a Face.
func New(c Config) *Face {
	f := &Face{Config: c, answers: httpserver.NewAnswers(c.Log)}
	mux := http.NewServeMux()
	for _, r := range f.routes() {
		mux.HandleFunc(r.method+" "+r.path, f.serve(r))
	}
	spec, _ := openapi.Handlers(specPath, f.Document)
	mux.Handle("GET "+specPath, spec)
	mux.HandleFunc(base+"/", func(w http.ResponseWriter, r *http.Request) {
		f.writeError(w, r, taskhook.Errorf(taskhook.CodeNotFound, "There is nothing at %s %.200s. See docs/workers.md for what there is.", r.Method, r.URL.Path))
	})
	f.handler = httpserver.Recover(c.Log, http.HandlerFunc(f.fault), mux)
	return f
}

// ServeHTTP serves one request.
func (f *Face) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// serve lets a route answer those whose key is a worker's.
func (f *Face) serve(to route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, err := f.identify(r)
		var data any
		if err == nil {
			data, err = to.handle(w, r, who)
		}
		if err != nil {
			f.writeError(w, r, err)
			return
		}
		f.write(w, r, http.StatusOK, envelope.Envelope{Success: true, Data: data})
	}
}

func (f *Face) identify(r *http.Request) (taskhook.Identity, error) {
	scheme, key, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if ok && !strings.EqualFold(scheme, "Bearer") {
		return taskhook.Identity{}, taskhook.Errorf(taskhook.CodeBadKey, "The Authorization header can't be read. Write it as: Authorization: Bearer YOUR_KEY.")
	}
	who, err := f.Keys.Authenticate(r.Context(), strings.TrimSpace(key), httpserver.ClientAddr(r))
	if err == nil && !who.OfWorker() {
		err = taskhook.Errorf(taskhook.CodeKeyPermission, "The API key is not one of workers. The operator makes those beside the server: taskhook key create --scope worker.")
	}
	return who, err
}

func (f *Face) write(w http.ResponseWriter, r *http.Request, status int, e envelope.Envelope) {
	body, err := httpserver.EncodeJSON(e)
	if err != nil {
		f.answers.LogFault(w, r, err)
		status, body = http.StatusInternalServerError, []byte(envelope.Fault)
	}
	f.answers.WriteJSON(w, r, status, append(body, '\n'))
}

func (f *Face) writeError(w http.ResponseWriter, r *http.Request, err error) {
	f.writeReadable(w, r, f.answers.Readable(w, r, err))
}

func (f *Face) writeReadable(w http.ResponseWriter, r *http.Request, bad *taskhook.Error) {
	status, out := envelope.Refuse(w.Header(), bad)
	f.write(w, r, status, out)
}

func (f *Face) fault(w http.ResponseWriter, r *http.Request) {
	f.writeReadable(w, r, httpserver.InternalFault(w))
}
