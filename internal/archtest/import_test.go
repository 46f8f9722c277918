package archtest

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// edge lets one package of the module import another. Everything may import the
// root package, and internal/app everything but cmd; all else stands here.
type edge struct {
	from, to string // patterns of path.Match
	why      string
}

var edges = []edge{
	{"cmd/taskhook", "internal/app", "runs the server"},
	{"cmd/taskhook", "internal/config", "reads the settings"},
	{"cmd/taskhook", "internal/store", "administers the database beside a running server"},
	{"cmd/taskhook", "internal/account", "makes, lists and revokes keys"},
	{"cmd/taskhook", "internal/keyring", "hashes keys as the server does"},
	{"cmd/taskhook", "client", "asks a server by its API, as any client does"},
	{"cmd/taskhook", "providers", "lists the files that come with taskhook"},
	{"cmd/taskhook", "internal/demo", "shows the product"},
	{"cmd/taskhook", "internal/bench", "measures"},
	{"cmd/taskhook", "internal/worker", "runs the program that fetches tasks"},
	{"cmd/taskhook", "internal/provider/command", "says what that runs for a task"},
	{"internal/demo", "client", "knows the server as any client does"},
	{"internal/demo", "webhook", "verifies what its receiver is sent"},
	{"internal/demo", "examples", "offers local models where their programs are installed"},
	{"internal/bench", "client", "knows the server as any client does"},
	{"internal/bench", "internal/pgserver", "measures on a PostgreSQL of its own"},
	{"internal/bench", "internal/store", "fills a database before the server starts, and counts what is in it when it has ended"},

	{"internal/api/*", "internal/httpserver", "one middleware and one front for all faces"},
	{"internal/dashboard", "internal/httpserver", "one middleware for pages and faces"},
	{"internal/api/*", "internal/catalogue", "lists the models"},
	{"internal/api/*", "internal/openapi", "describes itself from its routes"},
	{"internal/api/modelhunter", "internal/api/envelope", "answers in the frame that it shares with the API of workers"},
	{"internal/api/envelope", "client", "shares the wire types"},
	{"internal/api/modelhunter", "client", "shares the wire types, so that server and client can't drift apart"},
	{"internal/api/modelhunter", "internal/jsjson", "its bodies are read again by JavaScript"},
	{"internal/api/modelslab", "internal/jsjson", "gives back what clients wrote byte for byte"},
	{"internal/api/muapi", "internal/jsjson", "reads bodies member by member, and refuses repeated names"},

	{"internal/api/worker", "internal/api/envelope", "answers in the frame of the primary API"},
	{"internal/api/worker", "client", "shares the wire types"},
	{"internal/api/worker", "internal/pull", "shares its words"},
	{"internal/pull", "internal/task", "ends tasks with the same outcomes"},
	{"internal/pull", "internal/provider", "hides from workers what no provider may see"},
	{"internal/pull", "internal/artifact", "keeps results"},
	{"internal/pull", "internal/catalogue", "knows the terms of models"},
	{"internal/worker", "client", "knows the server as any worker does"},
	{"internal/worker", "internal/provider", "runs an adapter, as the server does"},
	{"internal/task", "internal/provider", "runs adapters"},
	{"internal/task", "internal/artifact", "keeps results"},
	{"internal/task", "internal/catalogue", "checks submissions"},
	{"internal/poster", "internal/artifact", "keeps posters"},
	{"internal/workflow", "internal/catalogue", "checks the models of steps"},
	{"internal/workflow", "internal/jsjson", "keeps inputs and outputs in the form of event bodies"},
	{"internal/file", "internal/artifact", "keeps uploads, and signs the links to them"},
	{"internal/delivery", "internal/egress", "sends"},
	{"internal/delivery", "webhook", "signs"},
	{"internal/provider/*", "internal/provider", "fulfils its contract"},
	{"internal/config", "providers", "names the files that come with taskhook"},
	{"internal/artifact", "internal/artifact/media", "recognises formats"},
	{"internal/artifact/s3", "internal/artifact", "is a backend of it"},
}

func TestImportsWithinTheModule(t *testing.T) {
	t.Parallel()
	used := map[edge]bool{}
	for _, f := range source(t) {
		for _, imported := range f.imports {
			to, inside := strings.CutPrefix(imported, module)
			to = strings.TrimPrefix(to, "/")
			if !inside || to == "" || f.test || supports(f.pkg) || to == f.pkg {
				continue
			}
			switch e, ok := findEdge(f.pkg, to); {
			case supports(to):
				t.Errorf("%s imports %s, which is for tests only", f.path, to)
			case public(f.pkg):
				t.Errorf("%s imports %s: what others may import depends on nothing but the standard library", f.path, to)
			case ok:
				used[e] = true
			case f.pkg == "internal/app" && !strings.HasPrefix(to, "cmd/"):
			default:
				t.Errorf("%s imports %s: siblings do not import each other. Declare the methods you need as an interface and let "+
					"internal/app put the two together, or add an edge with its reason here", f.path, to)
			}
		}
	}
	for _, e := range edges {
		if !used[e] {
			t.Errorf("the edge from %s to %s (%s) is not used: remove it", e.from, e.to, e.why)
		}
	}
}

// public reports whether programs of others may import the package.
func public(pkg string) bool {
	return !strings.HasPrefix(pkg, "internal/") && !strings.HasPrefix(pkg, "cmd/")
}

func findEdge(from, to string) (edge, bool) {
	for _, e := range edges {
		fromFits, _ := path.Match(e.from, from)
		toFits, _ := path.Match(e.to, to)
		if fromFits && toFits {
			return e, true
		}
	}
	return edge{}, false
}

// dependencies are the modules that the program is built from, and the only
// packages that import them. Why each was chosen stands in
// docs/decisions/0001-dependencies.md.
var dependencies = map[string][]string{
	"code.dny.dev/ssrf":                        {"internal/egress"},
	"github.com/alecthomas/kong":               {"cmd/taskhook"},
	"github.com/goccy/go-yaml":                 {"internal/app", "internal/catalogue", "internal/config", "internal/workflow"},
	"github.com/gowebpki/jcs":                  {"internal/jsjson"},
	"github.com/invopop/jsonschema":            {"internal/openapi"},
	"github.com/itchyny/gojq":                  {"internal/provider/upstream"},
	"github.com/jackc/pgx/v5":                  {"internal/store"},
	"github.com/minio/minio-go/v7":             {"internal/artifact/s3"},
	"github.com/santhosh-tekuri/jsonschema/v6": {"internal/catalogue"},
	"golang.org/x/sync":                        {"internal/app", "internal/bench"},
	"golang.org/x/sys":                         {"internal/store"},
	"golang.org/x/time":                        {"internal/account", "internal/delivery", "internal/egress", "internal/provider/upstream"},
	"modernc.org/sqlite":                       {"internal/store"},
}

// maxDependencies is how many modules the program may be built from directly.
const maxDependencies = 13

func TestDependencies(t *testing.T) {
	t.Parallel()
	if len(dependencies) > maxDependencies {
		t.Errorf("the program has %d direct dependencies, at most %d are allowed", len(dependencies), maxDependencies)
	}
	used := map[string]bool{}
	for _, f := range source(t) {
		if f.test || supports(f.pkg) {
			continue
		}
		for _, imported := range f.imports {
			first, _, _ := strings.Cut(imported, "/")
			if !strings.Contains(first, ".") || strings.HasPrefix(imported, module) {
				continue
			}
			name, ok := findDependency(imported)
			if !ok || !slices.Contains(dependencies[name], f.pkg) {
				t.Errorf("%s imports %s: it is not one of the packages that may; see dependencies", f.path, imported)
			}
			used[name+" "+f.pkg] = true
		}
	}
	for name, users := range dependencies {
		for _, user := range users {
			if !used[name+" "+user] {
				t.Errorf("%s does not import %s: remove it from dependencies", user, name)
			}
		}
	}
}

func findDependency(imported string) (name string, ok bool) {
	for name := range maps.Keys(dependencies) {
		if imported == name || strings.HasPrefix(imported, name+"/") {
			return name, true
		}
	}
	return "", false
}
