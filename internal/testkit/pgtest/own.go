package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Server is a server of a test's own, which may be stopped and killed.
type Server struct{ *server }

// The ways in which a server is stopped: the signals of PostgreSQL's manual, section
// 19.5, and that which it can't know of.
const (
	Fast      = syscall.SIGINT
	Immediate = syscall.SIGQUIT
	Kill      = syscall.SIGKILL
)

// Own starts a server with lines of postgresql.conf, which goes when the test ends.
func Own(t TB, settings ...string) *Server {
	t.Helper()
	s, err := startServer(settings...)
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	t.Cleanup(func() { s.watch.Close() })
	return &Server{s}
}

// Database makes an empty database and returns its name.
func (s *Server) Database(ctx context.Context) (string, error) {
	name := fmt.Sprintf("test_%d", serial.Add(1))
	return name, s.exec(ctx, "CREATE DATABASE "+name+" OWNER "+Role+" TEMPLATE template0")
}

// MakeDir makes a directory that the server can reach.
func (s *Server) MakeDir() (string, error) { return os.MkdirTemp(s.folder, "disk-") }

// DatabaseAt makes an empty database whose tables are in a folder of a directory, and
// returns its name.
func (s *Server) DatabaseAt(ctx context.Context, dir string) (string, error) {
	name := fmt.Sprintf("test_%d", serial.Add(1))
	folder := filepath.Join(dir, name)
	if err := errors.Join(os.Chmod(dir, 0o755), os.Mkdir(folder, 0o700)); err != nil {
		return "", err
	}
	if _, err := unprivileged(folder); err != nil {
		return "", err
	}
	for _, text := range []string{
		"CREATE TABLESPACE " + name + " LOCATION '" + folder + "'",
		"CREATE DATABASE " + name + " OWNER " + Role + " TEMPLATE template0 TABLESPACE " + name} {
		if err := s.exec(ctx, text); err != nil {
			return "", err
		}
	}
	return name, nil
}

// Socket is the address of the server's socket.
func (s *Server) Socket() string { return filepath.Join(s.folder, ".s.PGSQL.5432") }

// URL is the address of a database for a role that may do all.
func (s *Server) URL(database string) string { return s.url(admin, database) }

// Stop sends the main process of the server a signal and returns when that has
// ended.
func (s *Server) Stop(ctx context.Context, by syscall.Signal) error {
	pid, err := s.pid()
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, by); err != nil {
		return fmt.Errorf("stop PostgreSQL: %w", err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for by != Kill { // which leaves its file
		if _, err := s.pid(); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("stop PostgreSQL: %w", context.Cause(ctx))
		}
	}
	return nil
}

func (s *Server) pid() (int, error) {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return strconv.Atoi(string(line))
}

// Start starts a server that was stopped, on the files that it has left, and returns
// when it answers.
func (s *Server) Start() error {
	if err := s.start("SELECT 1"); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	return nil
}
