package muapi

import (
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
	"github.com/taskhook/taskhook/internal/openapi"
)

// Name is the face's name, which its tasks carry. In the catalogue it is the
// provider whose models the face offers.
const Name = "muapi"

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

	// Tasks creates and finds tasks. A created task is durable on return. Cancel of
	// a finished task is CodeConflict. Await returns the task when it has ended, or
	// as it stands when ctx ends or the server stops.
	Tasks interface {
		Create(ctx context.Context, who taskhook.Identity, n taskhook.NewTask) (t taskhook.Task, existed bool, err error)
		Task(ctx context.Context, account, id string) (taskhook.Task, error)
		Tasks(ctx context.Context, f taskhook.TaskFilter) (taskhook.List[taskhook.Task], error)
		Cancel(ctx context.Context, account, id string) (taskhook.Task, error)
		Await(ctx context.Context, account, id string) (taskhook.Task, error)
	}

	// Files keeps the inputs that clients upload. Put takes bytes that are at hand;
	// where the type or the size is not said, the bytes tell. ReceiveForm takes those
	// of whoever has a Form, which it checks before it reads.
	Files interface {
		Put(ctx context.Context, account string, n taskhook.NewFile, r io.Reader) (taskhook.File, error)
		Form(account, filename string, now time.Time) (taskhook.UploadForm, error)
		ReceiveForm(ctx context.Context, fields map[string]string, r io.Reader) (taskhook.File, error)
		PermanentLink(f taskhook.File) string
	}

	// Models lists what can be asked for, of all providers. The list never changes.
	Models interface {
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

	// Definitions keeps workflows. What is wrong with one is CodeInvalid, with its
	// place as a JSON pointer.
	Definitions interface {
		Create(ctx context.Context, account string, source taskhook.Source) (taskhook.Workflow, error)
		Update(ctx context.Context, account, id string, source taskhook.Source) (taskhook.Workflow, error)
		Rename(ctx context.Context, account, id, name string) (taskhook.Workflow, error)
		Delete(ctx context.Context, account, id string) error
	}

	// Executions runs workflows. A started execution is durable on return. Output is
	// an object, or nil while there is none.
	Executions interface {
		Start(ctx context.Context, who taskhook.Identity, n taskhook.NewExecution) (taskhook.Execution, error)
		Execution(ctx context.Context, account, id string) (taskhook.Execution, error)
		Output(x *taskhook.Execution) (json.RawMessage, error)
	}

	// Links makes the links to results.
	Links interface {
		Permanent(a taskhook.Artifact) string
	}
)

// Config is what the face works with. All fields must be set.
type Config struct {
	Keys   Keys
	Tasks  Tasks
	Files  Files
	Models Models
	Money  Money
	Links  Links

	Workflows   Workflows
	Definitions Definitions
	Executions  Executions

	BaseURL string // where clients reach the server
	Log     *slog.Logger
}

// Face answers requests of the API of muapi.ai. It may be used concurrently.
type Face struct {
	Config
	answers *httpserver.Answers
	mux     *http.ServeMux
	handler http.Handler
	flows   *http.ServeMux // of what is below a workflow
}

// New returns the face.
func New(c Config) *Face {
	f := &Face{Config: c, answers: httpserver.NewAnswers(c.Log), mux: http.NewServeMux()}
	f.flows = http.NewServeMux()
	for _, route := range f.Routes() {
		f.muxOf(route.Pattern).Handle(route.Method+" "+route.Pattern, f.serve(route))
	}
	spec, _ := openapi.Handlers(specPath, f.Document)
	f.mux.Handle("GET "+specPath, spec)
	f.mux.HandleFunc("/", f.unmatched)
	f.flows.HandleFunc("/", f.unmatched)
	f.mux.Handle(belowWorkflow, f.flows)
	f.handler = httpserver.Recover(c.Log, http.HandlerFunc(f.fault), f.mux)
	return f
}

// ServeHTTP answers one request.
func (f *Face) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/api"+workflowPath+"/") {
		http.StripPrefix("/api", f.handler).ServeHTTP(w, r)
		return
	}
	f.handler.ServeHTTP(w, r)
}

// serve returns the handler of a route: it finds out who asks and whether they may,
// lets the route answer, and is the one place where an answer is written.
func (f *Face) serve(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, answer, err := f.answer(route, w, r)
		if err != nil {
			f.writeError(w, r, err)
			return
		}
		f.chargeHeaders(w, r, who, answer)
		f.write(w, r, http.StatusOK, answer)
	})
}

func (f *Face) answer(route Route, w http.ResponseWriter, r *http.Request) (who taskhook.Identity, answer any, err error) {
	if route.Scope != scopeNone || r.Header.Get(keyHeader) != "" {
		if who, err = f.Keys.Authenticate(r.Context(), strings.TrimSpace(r.Header.Get(keyHeader)), httpserver.ClientAddr(r)); err != nil {
			return who, nil, err
		}
	}
	if route.Scope != scopeNone && route.Scope != scopeByMedium {
		if err := who.Need(route.Scope); err != nil {
			return who, nil, err
		}
	}
	answer, err = route.Handler(w, r, who)
	return who, answer, err
}

// keyHeader carries the key of a request.
const keyHeader = "X-Api-Key"

// HasCredential reports whether a request carries a credential in the form of
// this face, for the front.
func HasCredential(r *http.Request) bool { return r.Header.Get(keyHeader) != "" }

// Owned lists the paths that no other face has, for the front.
func Owned() []string {
	return []string{"/api/v1/predictions", "/api/v1/endpoint", "/api/v1/account", "/api/v1/keys", "/api/v1/upload_file",
		"/api/v1/get_upload_url", "/workflow", "/api/workflow"}
}
