// Package pgtest gives tests databases of a real PostgreSQL: one server for each
// test binary, started when it is first needed, and a database for each test. It
// knows nothing of taskhook. No other code may import it.
package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/taskhook/taskhook/internal/pgserver"
	"github.com/taskhook/taskhook/internal/testkit"
)

// Role owns the databases. It has no rights besides; Stranger has none at all, and
// Guarded needs a password.
const (
	Role     = "taskhook"
	Stranger = "stranger"
	Guarded  = "guarded"
)

// TB is what is needed of a test; those of rapid have it too.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
	Context() context.Context
}

// Need reports whether PostgreSQL is installed, as testkit.Need does of a program.
func Need(t testing.TB) bool {
	t.Helper()
	return testkit.NeedFile(t, filepath.Join(pgserver.Programs(), "postgres"), "PostgreSQL")
}

// shared is the server of this test binary.
var shared = sync.OnceValues(func() (*pgserver.Server, error) { return startServer() })

// serial numbers the databases.
var serial atomic.Int64

// Database makes an empty database, which goes when the test ends, and returns its
// URL as Role.
func Database(t TB) string {
	t.Helper()
	url := create(t, "template0")
	t.Cleanup(func() {
		if s, err := shared(); err == nil {
			exec(context.Background(), s, "DROP DATABASE "+Name(url)+" WITH (FORCE)")
		}
	})
	return url
}

// Template is what databases are copied from, which is faster than to make them
// anew. Copies are used again.
type Template struct {
	name  func() (string, error)
	reset []string

	mu   sync.Mutex
	free []string // URLs
}

// NewTemplate returns the template that fill makes of an empty database, once. The
// statements reset make a copy what it was, after whatever tests may do to it.
func NewTemplate(fill func(ctx context.Context, url string) error, reset ...string) *Template {
	return &Template{reset: reset, name: sync.OnceValues(func() (string, error) {
		s, err := shared()
		if err != nil {
			return "", err
		}
		ctx := context.Background()
		name := fmt.Sprintf("template_%d", serial.Add(1))
		if err := exec(ctx, s, "CREATE DATABASE "+name+" OWNER "+Role+" TEMPLATE template0"); err != nil {
			return "", err
		}
		return name, fill(ctx, s.URL(Role, name))
	})}
}

// Copy returns the URL of a database, as Role, that is a copy of the template and
// the test's own until it ends.
func (m *Template) Copy(t TB) string {
	t.Helper()
	url, ok := m.take()
	if !ok {
		name, err := m.name()
		if err != nil {
			t.Fatalf("make a template: %v", err)
		}
		url = create(t, name)
	}
	t.Cleanup(func() {
		if err := run(context.Background(), url, m.reset...); err == nil {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.free = append(m.free, url)
		}
	})
	return url
}

func (m *Template) take() (url string, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.free) == 0 {
		return "", false
	}
	url, m.free = m.free[len(m.free)-1], m.free[:len(m.free)-1]
	return url, true
}

func create(t TB, template string) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	name := fmt.Sprintf("test_%d", serial.Add(1))
	if err := exec(t.Context(), s, "CREATE DATABASE "+name+" OWNER "+Role+" TEMPLATE "+template+" STRATEGY FILE_COPY"); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	return s.URL(Role, name)
}

// Name is the name of a database in its URL.
func Name(database string) string {
	before, _, _ := strings.Cut(database, "?")
	return path.Base(before)
}

// AsAdmin returns the URL of a database for a role that may do all.
func AsAdmin(t TB, database string) string { return As(t, database, pgserver.Admin) }

// As returns the URL of a database for another role.
func As(t TB, database, role string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatalf("%v", err)
	}
	q := u.Query()
	q.Set("user", role)
	u.RawQuery = q.Encode()
	return u.String()
}

// Exec runs statements in a database.
func Exec(t TB, database string, statements ...string) {
	t.Helper()
	if err := run(t.Context(), database, statements...); err != nil {
		t.Fatalf("%v", err)
	}
}

func run(ctx context.Context, database string, statements ...string) error {
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, text := range statements {
		if _, err := conn.Exec(ctx, text); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return nil
}

// Folder is where the server keeps its files. To be sure that all is in them, run
// CHECKPOINT first, as AsAdmin.
func Folder(t TB) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	return s.Data()
}
