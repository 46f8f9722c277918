// Package pgserver runs a PostgreSQL of one's own from the programs that are
// installed, for measurements and tests. It owns the server's files and its end; it
// must not know taskhook, nor what is done in the databases: it speaks no SQL.
package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Admin is the role that a server is made by. It may do all.
const Admin = "postgres"

// ErrMissing says what is to be installed.
var ErrMissing = errors.New("PostgreSQL is not installed: install its server (Debian and Ubuntu: apt-get install postgresql; " +
	"macOS: brew install postgresql), or name a database by its URL")

// Programs is the folder of the newest server that is installed: Debian and
// Homebrew keep them apart from other programs. Empty: there is none.
func Programs() string {
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
		"/usr/pgsql-*/bin", "/usr/local/bin", "/usr/bin"} {
		found, err := filepath.Glob(filepath.Join(pattern, "initdb"))
		if err == nil && len(found) > 0 {
			return filepath.Dir(slices.Max(found))
		}
	}
	return ""
}

// Options say how a server differs from one that was just installed, whose commits
// are durable.
type Options struct {
	Folder   string // in which it makes one for its files; empty: that of temporary files
	Settings string // lines of postgresql.conf
	Rules    string // lines of pg_hba.conf, before those that trust every user of this machine
}

// Server is a running PostgreSQL that is reached by a socket.
type Server struct {
	files  string   // its data and its log
	socket string   // the folder of its socket: a path of few letters, as sockets need
	lives  *os.File // a line starts the server; when this is closed, by our end too, it stops
	watch  *exec.Cmd
	halted int // the process that was ended last, whose files may still say that it runs
}

// Start makes a server and starts it. It ends by Stop, or with this process, however
// that ends, and leaves nothing behind.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	if Programs() == "" {
		return nil, ErrMissing
	}
	s := &Server{}
	if s.files, err = os.MkdirTemp(o.Folder, "postgres-"); err != nil {
		return nil, err
	}
	if s.socket, err = os.MkdirTemp("", "pg-"); err != nil {
		return nil, errors.Join(err, s.remove())
	}
	as, err := unprivileged(s.files, s.socket)
	if err == nil {
		err = s.make(ctx, as, o)
	}
	if err == nil {
		err = s.watchOver(as)
	}
	if err != nil {
		return nil, errors.Join(err, s.remove())
	}
	if err := s.Resume(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *Server) remove() error {
	return errors.Join(os.RemoveAll(s.files), os.RemoveAll(s.socket))
}

// Data is where the server keeps its databases.
func (s *Server) Data() string { return filepath.Join(s.files, "data") }

// URL leads to a database as a role.
func (s *Server) URL(role, database string) string {
	q := url.Values{"host": {s.socket}, "user": {role}}
	return "postgres:///" + database + "?" + q.Encode()
}

// PID is that of the process whose children are all others of the server.
func (s *Server) PID() (int, error) {
	lines, err := s.status()
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(lines[0])
}

// status is what the server says of itself; its eighth line is how far it is.
func (s *Server) status() ([]string, error) {
	text, err := os.ReadFile(filepath.Join(s.Data(), "postmaster.pid"))
	return strings.Split(string(text), "\n"), err
}

// Socket is the path of the socket.
func (s *Server) Socket() string { return filepath.Join(s.socket, ".s.PGSQL.5432") }

// MakeDir makes a folder in another, or, without one, among the server's files, in
// which the server may write.
func (s *Server) MakeDir(in, name string) (string, error) {
	if in == "" {
		in = s.files
	}
	folder := filepath.Join(in, name)
	if err := os.Mkdir(folder, 0o700); err != nil {
		return "", err
	}
	_, err := unprivileged(folder)
	return folder, err
}

// unprivileged is how a program is run that refuses to run as root, and gives it
// the folders.
func unprivileged(folders ...string) (*syscall.SysProcAttr, error) {
	as := &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us
	if os.Getuid() != 0 {
		return as, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		for _, folder := range folders {
			err = errors.Join(err, os.Chown(folder, int(uid), int(gid)))
		}
		return as, err
	}
	return nil, errors.New("there is no user postgres or nobody to run PostgreSQL as, which does not run as root")
}

func (s *Server) make(ctx context.Context, as *syscall.SysProcAttr, o Options) error {
	initdb := exec.CommandContext(ctx, filepath.Join(Programs(), "initdb"), "-D", s.Data(), "-U", Admin, "-A", "trust", "-E", "UTF8",
		"--locale=C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = as, s.files
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("make a PostgreSQL in %s: %w: %s", s.files, err, out)
	}
	rules, err := os.ReadFile(filepath.Join(s.Data(), "pg_hba.conf"))
	if err != nil {
		return err
	}
	settings := fmt.Sprintf("listen_addresses = ''\nunix_socket_directories = '%s'\nmax_connections = 200\n%s", s.socket, o.Settings)
	return errors.Join(os.WriteFile(filepath.Join(s.Data(), "pg_hba.conf"), append([]byte(o.Rules), rules...), 0o600),
		os.WriteFile(filepath.Join(s.Data(), "postgresql.auto.conf"), []byte(settings), 0o600))
}

// watch starts the server with each line of its own input. When that ends it stops
// the server and removes its folders.
const watch = `while read go; do "$1/postgres" -D "$2/data" >>"$2/log" 2>&1 </dev/null & done
kill -QUIT $(head -n 1 "$2/data/postmaster.pid") 2>/dev/null; wait; cd /; rm -rf "$2" "$3" 2>/dev/null; :`

func (s *Server) watchOver(as *syscall.SysProcAttr) error {
	input, lives, err := os.Pipe()
	if err != nil {
		return err
	}
	defer input.Close()
	s.lives = lives
	s.watch = exec.Command("/bin/sh", "-c", watch, "sh", Programs(), s.files, s.socket)
	s.watch.SysProcAttr, s.watch.Dir, s.watch.Stdin = as, s.files, input
	return s.watch.Start()
}

// Resume starts a server that was halted, on the files that it has left, and returns
// when it answers. As long as there are still processes of one that was killed it
// ends at once, and is started again; one that is started beside another does
// nothing.
func (s *Server) Resume(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 0; !s.answers(); n++ {
		if n%25 == 0 {
			if _, err := s.lives.WriteString("go\n"); err != nil {
				return fmt.Errorf("start PostgreSQL: %w", err)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(s.files, "log"))
			return fmt.Errorf("start PostgreSQL: %w\n%s", ctx.Err(), log)
		}
	}
	return nil
}

// answers reports whether the server takes connections.
func (s *Server) answers() bool {
	lines, err := s.status()
	return err == nil && len(lines) > 7 && strings.TrimSpace(lines[7]) == "ready" && lines[0] != strconv.Itoa(s.halted)
}

// The ways in which a server is halted: the signals of PostgreSQL's manual, section
// 19.5, and that which it can't know of.
const (
	Fast      = syscall.SIGINT
	Immediate = syscall.SIGQUIT
	Kill      = syscall.SIGKILL
)

// Halt ends the main process of the server by a signal and returns when that has
// ended. Its files stay, for Resume.
func (s *Server) Halt(ctx context.Context, by syscall.Signal) error {
	pid, err := s.PID()
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, by); err != nil {
		return fmt.Errorf("halt PostgreSQL: %w", err)
	}
	s.halted = pid
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for by != Kill { // which leaves its file
		if _, err := s.status(); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("halt PostgreSQL: %w", context.Cause(ctx))
		}
	}
	return nil
}

// Stop ends the server at once, as a crash would, and removes its files.
func (s *Server) Stop() error {
	err := errors.Join(s.lives.Close(), s.watch.Wait())
	// The folder it stood in may be one that its user can't write to.
	return errors.Join(err, s.remove())
}
