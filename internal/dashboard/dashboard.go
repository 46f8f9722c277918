package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// The services. Each may be called concurrently, sees only what belongs to the
// account that it is given, and reports what a user should read as a
// taskhook.Error; an id of another account is not found.
type (
	// Keys knows who holds a key.
	Keys interface {
		Authenticate(ctx context.Context, keyText string, from netip.Addr) (taskhook.Identity, error)
	}

	// Directory lists all accounts, oldest first; there is at least one.
	Directory interface {
		Accounts(ctx context.Context) ([]taskhook.Account, error)
	}

	// Tasks finds tasks. Cancel of a finished task and Retry of any but a failed or
	// expired one are CodeConflict.
	Tasks interface {
		Task(ctx context.Context, account, id string) (taskhook.Task, error)
		Tasks(ctx context.Context, f taskhook.TaskFilter) (taskhook.List[taskhook.Task], error)
		Cancel(ctx context.Context, account, id string) (taskhook.Task, error)
		Retry(ctx context.Context, who taskhook.Identity, id, handle string) (taskhook.Task, error)
	}

	// Deliveries finds deliveries, with the bytes that they send, and sends them
	// again. Overview counts what an account has.
	Deliveries interface {
		Overview(ctx context.Context, account string) (taskhook.Overview, error)
		Deliveries(ctx context.Context, f taskhook.DeliveryFilter) (taskhook.List[taskhook.Delivery], error)
		Outgoing(ctx context.Context, account, id string) (taskhook.Outgoing, error)
		Attempts(ctx context.Context, account, id string) ([]taskhook.Attempt, error)
		Replay(ctx context.Context, account, id string) (taskhook.Delivery, error)
	}

	// Replays sends many deliveries again. One that has ended is CodeConflict to
	// Change.
	Replays interface {
		Preview(ctx context.Context, who taskhook.Identity, n taskhook.NewReplay) (taskhook.ReplayPreview, error)
		Start(ctx context.Context, who taskhook.Identity, n taskhook.NewReplay) (taskhook.Replay, error)
		Replay(ctx context.Context, account, id string) (taskhook.Replay, error)
		Replays(ctx context.Context, f taskhook.ReplayFilter) (taskhook.List[taskhook.Replay], error)
		Change(ctx context.Context, account, id string, c taskhook.ReplayChange) (taskhook.Replay, error)
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
	// knows how a receiver fares.
	EndpointTools interface {
		EndpointHealth(ctx context.Context, account, id string) (taskhook.EndpointHealth, error)
		RotateSecret(ctx context.Context, account, id string, overlap time.Duration) (taskhook.Endpoint, error)
		TestEndpoint(ctx context.Context, account, id string) (taskhook.TestResult, error)
	}

	// Money knows what accounts have and spend. A Usage with no times is that of the
	// last 30 days.
	Money interface {
		Balance(ctx context.Context, account string) (taskhook.Balance, error)
		Usage(ctx context.Context, f taskhook.UsageFilter) (taskhook.Usage, error)
	}

	// Storage tells how much there is on the server, of all accounts, and from when
	// the oldest is.
	Storage interface {
		Stored(ctx context.Context) (map[taskhook.Kind]taskhook.Amount, error)
		Oldest(ctx context.Context, now time.Time) (map[taskhook.Kind]time.Time, error)
	}

	// Workers knows who fetches tasks, which of them each has, and what of each queue
	// has waited longest for one, of all accounts.
	Workers interface {
		Workers(ctx context.Context) ([]taskhook.Worker, error)
		Leased(ctx context.Context, limit int) ([]taskhook.Task, error)
		Longest(ctx context.Context) ([]taskhook.ClaimedRun, error)
	}

	// Workflows finds workflows in their newest versions.
	Workflows interface {
		Get(ctx context.Context, account, id string) (taskhook.Workflow, error)
		List(ctx context.Context, f taskhook.WorkflowFilter) (taskhook.List[taskhook.Workflow], error)
	}

	// Executions finds executions of workflows. Cancel of a finished one is
	// CodeConflict. Output is what an ended one has made, a JSON object or nil.
	Executions interface {
		Execution(ctx context.Context, account, id string) (taskhook.Execution, error)
		ListExecutions(ctx context.Context, f taskhook.ExecutionFilter) (taskhook.List[taskhook.Execution], error)
		Cancel(ctx context.Context, account, id string) (taskhook.Execution, error)
		Output(x *taskhook.Execution) (json.RawMessage, error)
	}

	// Links makes the links to results.
	Links interface {
		Expiring(a taskhook.Artifact, now time.Time) string
	}
)

// Config is what the dashboard works with. All fields must be set but for
// OperatorToken.
type Config struct {
	Keys          Keys
	Directory     Directory
	Tasks         Tasks
	Deliveries    Deliveries
	Replays       Replays
	Endpoints     Endpoints
	EndpointTools EndpointTools
	Money         Money
	Storage       Storage
	Workers       Workers
	Workflows     Workflows
	Executions    Executions
	Links         Links

	Disk    func() (taskhook.Disk, error)          // of the data directory
	Outline func(taskhook.Source) (Outline, error) // reads a definition

	OperatorToken string      // signs in to all accounts; empty: API keys only
	SessionKey    []byte      // 32 secret bytes that seal the cookies
	BaseURL       string      // under which browsers reach the site, without a slash at its end
	Stopping      func() bool // live pages end when it reports true
	Log           *slog.Logger
}

// Dashboard serves the pages. It may be used concurrently.
type Dashboard struct {
	Config
	prefix    string // path of BaseURL: "" or "/tasks"
	secure    bool   // BaseURL is https
	cookies   *sealer
	failures  *limiter // of signing in
	streams   chan struct{}
	overviews memo[overviewView]
	storages  memo[storageView]
	fleet     memo[workersView]
	outlines  memo[Outline]
	assets    assets
	templates templates
	handler   http.Handler
}

// New returns the dashboard.
func New(c Config) (*Dashboard, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("read the base URL of the dashboard: %w", err)
	}
	cookies, err := newSealer(c.SessionKey)
	if err != nil {
		return nil, err
	}
	d := &Dashboard{Config: c, prefix: base.Path, secure: base.Scheme == "https", cookies: cookies,
		failures: newLimiter(), streams: make(chan struct{}, maxStreams), storages: memo[storageView]{life: storageLife}, outlines: memo[Outline]{life: time.Hour}}
	d.assets = loadAssets(d.prefix)
	d.templates = newTemplates(d.prefix, c.BaseURL, d.assets)
	crossOrigin := http.NewCrossOriginProtection()
	if err := crossOrigin.AddTrustedOrigin(base.Scheme + "://" + base.Host); err != nil {
		return nil, fmt.Errorf("trust the origin of the dashboard: %w", err)
	}
	crossOrigin.SetDenyHandler(http.HandlerFunc(d.denyCrossOrigin))
	d.handler = crossOrigin.Handler(httpserver.Recover(c.Log, http.HandlerFunc(d.fault), d.mux()))
	return d, nil
}

// policy lets a page load what this server serves and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// ServeHTTP answers one request.
func (d *Dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	d.handler.ServeHTTP(w, r)
}
