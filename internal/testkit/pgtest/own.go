package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/taskhook/taskhook/internal/pgserver"
)

// Server is a server of a test's own, which may be stopped and killed.
type Server struct{ server *pgserver.Server }

// The ways in which a server is stopped.
const (
	Fast      = pgserver.Fast
	Immediate = pgserver.Immediate
	Kill      = pgserver.Kill
)

// Own starts a server with lines of postgresql.conf, which goes when the test ends.
func Own(t TB, settings ...string) *Server {
	t.Helper()
	s, err := startServer(settings...)
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Fatalf("remove PostgreSQL: %v", err)
		}
	})
	return &Server{s}
}

// Database makes an empty database and returns its name.
func (s *Server) Database(ctx context.Context) (string, error) {
	name := fmt.Sprintf("test_%d", serial.Add(1))
	return name, exec(ctx, s.server, "CREATE DATABASE "+name+" OWNER "+Role+" TEMPLATE template0")
}

// MakeDir makes a directory that the server can reach.
func (s *Server) MakeDir() (string, error) {
	return s.server.MakeDir("", fmt.Sprintf("disk-%d", serial.Add(1)))
}

// DatabaseAt makes an empty database whose tables are in a folder of a directory, and
// returns its name.
func (s *Server) DatabaseAt(ctx context.Context, dir string) (string, error) {
	name := fmt.Sprintf("test_%d", serial.Add(1))
	folder, err := s.server.MakeDir(dir, name)
	if err := errors.Join(err, os.Chmod(dir, 0o755)); err != nil {
		return "", err
	}
	for _, text := range []string{
		"CREATE TABLESPACE " + name + " LOCATION '" + folder + "'",
		"CREATE DATABASE " + name + " OWNER " + Role + " TEMPLATE template0 TABLESPACE " + name} {
		if err := exec(ctx, s.server, text); err != nil {
			return "", err
		}
	}
	return name, nil
}

// Socket is the address of the server's socket.
func (s *Server) Socket() string { return s.server.Socket() }

// URL is the address of a database for a role that may do all.
func (s *Server) URL(database string) string { return s.server.URL(pgserver.Admin, database) }

// Stop sends the main process of the server a signal and returns when that has
// ended.
func (s *Server) Stop(ctx context.Context, by syscall.Signal) error { return s.server.Halt(ctx, by) }

// Start starts a server that was stopped, on the files that it has left, and returns
// when it answers.
func (s *Server) Start() error { return s.server.Resume(context.Background()) }
