package archtest

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// duty reserves some names of the standard library for a few places.
type duty struct {
	name      string
	reserved  []string // "net/http.Client"
	where     *exceptions
	testsToo  bool
	otherwise string // what to do instead
}

func duties() []duty {
	return []duty{
		{
			name: "only egress makes outbound connections",
			reserved: []string{"net/http.Client", "net/http.Transport", "net/http.DefaultClient", "net/http.DefaultTransport",
				"net/http.Get", "net/http.Head", "net/http.Post", "net/http.PostForm",
				"net.Dial", "net.DialTimeout", "net.Dialer", "crypto/tls.Dial", "crypto/tls.Dialer"},
			where: except(exception{"internal/egress", "this is its duty: every address is checked there"},
				exception{"client", "calls the server that its user names, from the user's machine"},
				exception{"cmd/taskhook/remote.go", "calls the server that the operator names, from the operator's machine"},
				exception{"cmd/taskhook/listen.go", "sends to the address that its user names, from the user's machine"},
				exception{"internal/bench", "plays clients and senders, in processes of their own"},
				exception{"internal/demo", "fetches results as a client does, from the server that it started"}),
			otherwise: "send through internal/egress, which refuses addresses that must not be reached",
		},
		{
			name:     "only cmd ends the process",
			reserved: []string{"os.Exit", "syscall.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln", "log.Panic", "log.Panicf", "log.Panicln"},
			where:    except(exception{"cmd/*", "this is its duty: deferred work has been done by then"}), otherwise: "return an error",
		},
		{
			name:     "only config reads the environment",
			reserved: []string{"os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv", "os.Setenv", "os.Unsetenv"},
			where: except(exception{"internal/config", "this is its duty: what is set has one documented place"},
				exception{"internal/bench", "hands its environment on to the processes that it starts"}),
			otherwise: "add a setting to config.Config",
		},
		{
			name: "loggers are handed in",
			reserved: []string{"log/slog.Default", "log/slog.SetDefault", "log/slog.Debug", "log/slog.Info", "log/slog.Warn", "log/slog.Error",
				"log/slog.DebugContext", "log/slog.InfoContext", "log/slog.WarnContext", "log/slog.ErrorContext", "log/slog.Log",
				"log.Print", "log.Printf", "log.Println", "log.Default"},
			where: except(), otherwise: "take a *slog.Logger",
		},
		{
			name: "tests do not wait for time to pass", testsToo: true,
			reserved: []string{"time.Tick"}, where: except(), otherwise: "use a ticker and stop it",
		},
	}
}

func TestDuties(t *testing.T) {
	t.Parallel()
	for _, d := range duties() {
		t.Run(d.name, func(t *testing.T) {
			for _, f := range source(t) {
				if (f.test || supports(f.pkg)) && !d.testsToo {
					continue
				}
				for _, u := range uses(f, d.reserved) {
					if !d.where.allow(f) {
						t.Errorf("%s uses %s: %s", f.at(u), name(f, u), d.otherwise)
					}
				}
			}
			d.where.check(t)
		})
	}
}

// uses lists where a file speaks of the names.
func uses(f *file, names []string) (found []*ast.SelectorExpr) {
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains(names, name(f, s)) {
			found = append(found, s)
		}
		return true
	})
	return found
}

// name returns the full name of what a selector takes from a package: "os.Exit".
func name(f *file, s *ast.SelectorExpr) string {
	x, ok := s.X.(*ast.Ident)
	if !ok || f.imports[x.Name] == "" {
		return ""
	}
	return f.imports[x.Name] + "." + s.Sel.Name
}

// goroutines are the files outside internal/app that start any, and how it is
// certain that they end.
var goroutines = []exception{
	{"cmd/taskhook/serve.go", "waits for signals, and bounds garbage; both end with the command"},
	{"cmd/taskhook/worker.go", "waits for signals; ends with the command"},
	{"internal/worker/worker.go", "one for each task under way; Run waits for all"},
	{"internal/worker/job.go", "signs of life; ends with its task"},
	{"internal/bench", "load and its receiver, in processes of their own; each is waited for"},
	{"internal/copier/copier.go", "one for each bucket that is sent to; Run waits for all"},
	{"internal/delivery/serve.go", "asks for several lanes at a time; returns when all have"},
	{"internal/delivery/turns.go", "one for each send under way; the worker's Run waits for all"},
	{"internal/delivery/worker.go", "records results; joined before Run returns"},
	{"internal/demo", "watches over the server that it started and serves its receiver; each is waited for"},
	{"internal/httpserver/server.go", "accepts connections; joined before Run returns"},
	{"internal/pull/sweep.go", "tells of progress; joined before Run returns"},
	{"internal/store/store.go", "commits what is written; joined by Close"},
	{"internal/task/queue.go", "one for each run under way; Run waits for all"},
	{"internal/workflow/worker.go", "one for each execution that is due; joined before the next look"},
	{"internal/task/worker.go", "one for each adapter; joined before Run returns"},
}

func TestGoroutines(t *testing.T) {
	t.Parallel()
	where := except(goroutines...)
	for _, f := range source(t) {
		if f.test || supports(f.pkg) || f.pkg == "internal/app" {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if starts(n) && !where.allow(f) {
				t.Errorf("%s starts a goroutine: give the type a blocking Run(ctx) and let internal/app start it, "+
					"or say in goroutines how it ends", f.at(n))
			}
			return true
		})
	}
	where.check(t)
}

// starts reports whether a node is a go statement, or a call of a group's Go.
func starts(n ast.Node) bool {
	if call, ok := n.(*ast.CallExpr); ok {
		s, ok := call.Fun.(*ast.SelectorExpr)
		return ok && s.Sel.Name == "Go"
	}
	_, ok := n.(*ast.GoStmt)
	return ok
}

func TestTestsProveOrSay(t *testing.T) {
	t.Parallel()
	for _, f := range source(t) {
		if !f.test && !supports(f.pkg) {
			continue
		}
		for _, u := range uses(f, []string{"time.Sleep", "testing.Short"}) {
			t.Errorf("%s uses %s: wait for what happens, by a channel or in testing/synctest", f.at(u), name(f, u))
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && strings.HasPrefix(s.Sel.Name, "Skip") && isTest(s.X) {
				t.Errorf("%s skips: what can't be proven is told to testkit.Need", f.at(n))
			}
			return true
		})
	}
}

// isTest goes by the names that tests, benchmarks and fuzz targets have.
func isTest(x ast.Expr) bool {
	i, ok := x.(*ast.Ident)
	return ok && slices.Contains([]string{"t", "b", "f", "tb"}, i.Name)
}
