package modelslab

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// Name is the face's name, which its tasks carry, and that of the provider whose
// models it asks for.
const Name = "modelslab"

// The services. Each may be called concurrently, sees only what belongs to the
// account that it is given, and reports what a user should read as a
// taskhook.Error; an id of another account is not found.
type (
	// Keys knows who holds a key. An empty text is CodeUnauthenticated.
	Keys interface {
		Authenticate(ctx context.Context, keyText string, from netip.Addr) (taskhook.Identity, error)
	}

	// Tasks creates and finds tasks. A created task is durable on return. Await
	// returns a task when it has ended, or as it stands when ctx ends, which is no
	// error. Cancel of a finished task is CodeConflict.
	Tasks interface {
		Create(ctx context.Context, who taskhook.Identity, n taskhook.NewTask) (t taskhook.Task, existed bool, err error)
		Await(ctx context.Context, account, id string) (taskhook.Task, error)
		Task(ctx context.Context, account, id string) (taskhook.Task, error)
		Tasks(ctx context.Context, f taskhook.TaskFilter) (taskhook.List[taskhook.Task], error)
		Cancel(ctx context.Context, account, id string) (taskhook.Task, error)
	}

	// Files keeps the inputs that clients upload. Put returns a file that can be
	// used, of the type that its bytes show. The link is good for as long as the
	// file is kept, and names the file in an input.
	Files interface {
		Put(ctx context.Context, account string, n taskhook.NewFile, r io.Reader) (taskhook.File, error)
		PermanentLink(f taskhook.File) string
	}

	// Catalogue knows what can be asked for, and by which path.
	Catalogue interface {
		Operation(path string) (capability, model string, err error)
		Models() []*catalogue.Model
	}

	// Money knows what accounts have.
	Money interface {
		Balance(ctx context.Context, account string) (taskhook.Balance, error)
	}

	// Workflows shows workflows.
	Workflows interface {
		List(ctx context.Context, f taskhook.WorkflowFilter) (taskhook.List[taskhook.Workflow], error)
		Get(ctx context.Context, account, id string) (taskhook.Workflow, error)
		Outline(source taskhook.Source) (taskhook.WorkflowOutline, error)
	}

	// Executions runs workflows. A started execution is durable on return. Cancel of
	// a finished one is CodeConflict. Output is an object, or nil while there is none.
	Executions interface {
		Start(ctx context.Context, who taskhook.Identity, n taskhook.NewExecution) (taskhook.Execution, error)
		Execution(ctx context.Context, account, id string) (taskhook.Execution, error)
		Cancel(ctx context.Context, account, id string) (taskhook.Execution, error)
		Output(x *taskhook.Execution) (json.RawMessage, error)
	}

	// Links makes the links to results, which are good for as long as these are
	// kept. Future returns the one that will open the result with the index of a
	// task once it is there, whatever its format turns out to be.
	Links interface {
		Permanent(a taskhook.Artifact) string
		Future(taskID string, index int, format string) string
	}
)

// Config is what the face works with. All fields must be set but where 0 has a
// meaning.
type Config struct {
	Keys      Keys
	Tasks     Tasks
	Files     Files
	Catalogue Catalogue
	Money     Money
	Links     Links

	Workflows     Workflows
	Executions    Executions
	RunsPerMinute int // of a workflow; 0: any number

	BaseURL string        // of this server, "https://taskhook.example.com"
	Wait    time.Duration // for the result of what is made quickly, before a submission is answered; 0: not at all
	Log     *slog.Logger
}

// Face answers requests of ModelsLab's API. It may be used concurrently.
type Face struct {
	Config
	answers *httpserver.Answers
	mux     *http.ServeMux
	handler http.Handler
}

// New returns the face.
func New(c Config) *Face {
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	f := &Face{Config: c, answers: httpserver.NewAnswers(c.Log), mux: http.NewServeMux()}
	for _, route := range f.Routes() {
		f.mux.Handle(route.Method+" "+route.Pattern, f.serve(route))
	}
	f.mux.HandleFunc("/", f.unmatched)
	f.handler = httpserver.Recover(c.Log, http.HandlerFunc(f.fault), f.mux)
	return f
}

// Owns lists the paths that are this face's alone, for the front. Clients whose
// base URL ends in /api may be given one that does not, so both forms are there.
func Owns() []string {
	owned := []string{"/api/wallet_balance", "/wallet_balance", "/api/v1/enterprise"}
	for _, version := range []string{"/v3", "/v4", "/v5", "/v6", "/v7"} {
		owned = append(owned, "/api"+version, version)
	}
	return owned
}

// ServeHTTP answers one request.
func (f *Face) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const api = "/api"
	if !strings.HasPrefix(r.URL.Path, api+"/") {
		below := *r.URL
		below.Path = api + below.Path
		if below.RawPath != "" {
			below.RawPath = api + below.RawPath
		}
		r = r.WithContext(r.Context())
		r.URL = &below
	}
	f.handler.ServeHTTP(w, r)
}

// serve returns the handler of a route: it finds out who asks and whether they may,
// lets the route answer, and is the one place where an error is written.
func (f *Face) serve(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := f.answer(w, r, route)
		if err != nil {
			f.writeError(w, r, route.Old, err)
			return
		}
		f.write(w, r, cmp.Or(route.Status, http.StatusOK), answer)
	})
}

func (f *Face) answer(w http.ResponseWriter, r *http.Request, route Route) (any, error) {
	members, err := readMembers(w, r, route.bodyLimit())
	if err != nil {
		return nil, err
	}
	c := call{Request: r, members: members}
	if c.who, err = f.identify(c); err != nil {
		return nil, err
	}
	if route.Scope != scopeByMedium {
		if err := c.who.Need(route.Scope); err != nil {
			return nil, err
		}
	}
	return route.Handler(c)
}
