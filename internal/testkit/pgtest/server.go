package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// admin is the role that the server was made by.
const admin = "postgres"

// server is a running PostgreSQL that is reached by a socket in its folder.
type server struct {
	folder string
	lives  *os.File // when this is closed, by our end too, the server stops
}

func (s *server) data() string { return filepath.Join(s.folder, "data") }

func (s *server) url(role, database string) string {
	q := url.Values{"host": {s.folder}, "user": {role}}
	return "postgres:///" + database + "?" + q.Encode()
}

// startServer makes a server and starts it. It ends with this process, however
// that ends.
func startServer() (_ *server, err error) {
	s := &server{}
	if s.folder, err = os.MkdirTemp(roomy(), "pgtest-"); err != nil {
		return nil, err
	}
	as, err := unprivileged(s.folder)
	if err != nil {
		return nil, err
	}
	initdb := exec.Command(filepath.Join(programs(), "initdb"), "-D", s.data(), "-U", admin, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = as, s.folder
	if out, err := initdb.CombinedOutput(); err != nil {
		os.RemoveAll(s.folder)
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	if err := s.configure(); err != nil {
		return nil, err
	}
	if err := s.start(as); err != nil {
		return nil, err
	}
	return s, s.await()
}

// roomy is a folder in memory where the system has a large one: what a test makes
// durable is gone when it ends.
func roomy() string {
	const base, enough = "/dev/shm", 4 << 30
	var stat syscall.Statfs_t
	if err := syscall.Statfs(base, &stat); err != nil || uint64(stat.Bavail)*uint64(stat.Bsize) < enough {
		return ""
	}
	return base
}

// unprivileged is how a program is run that refuses to run as root, and gives it
// the folder.
func unprivileged(folder string) (*syscall.SysProcAttr, error) {
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
		return as, os.Chown(folder, int(uid), int(gid))
	}
	return nil, errors.New("there is no user postgres or nobody to run the server as")
}

// configure leaves what makes a commit durable as it is by default. Guarded needs its
// password.
func (s *server) configure() error {
	rules, err := os.ReadFile(filepath.Join(s.data(), "pg_hba.conf"))
	if err != nil {
		return err
	}
	rules = append([]byte("local all "+Guarded+" scram-sha-256\n"), rules...)
	settings := fmt.Sprintf("listen_addresses = ''\nunix_socket_directories = '%s'\nmax_connections = 200\n"+
		"max_wal_size = 256MB\nautovacuum = off\n", s.folder)
	return errors.Join(os.WriteFile(filepath.Join(s.data(), "pg_hba.conf"), rules, 0o600),
		os.WriteFile(filepath.Join(s.data(), "postgresql.auto.conf"), []byte(settings), 0o600))
}

// watch starts the server, and stops it and removes its folder when its own input
// ends.
const watch = `"$1/postgres" -D "$2/data" >"$2/log" 2>&1 </dev/null & pid=$!
cat >/dev/null; kill -QUIT $pid; wait $pid; cd /; rm -rf "$2"`

func (s *server) start(as *syscall.SysProcAttr) error {
	input, lives, err := os.Pipe()
	if err != nil {
		return err
	}
	defer input.Close()
	s.lives = lives
	cmd := exec.Command("/bin/sh", "-c", watch, "sh", programs(), s.folder)
	cmd.SysProcAttr, cmd.Dir, cmd.Stdin = as, s.folder, input
	return cmd.Start()
}

const makeRoles = "CREATE ROLE " + Role + " LOGIN; CREATE ROLE " + Stranger + " LOGIN; CREATE ROLE " + Guarded + " LOGIN PASSWORD 'right'"

// await returns when the server answers, with the roles made.
func (s *server) await() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = s.exec(ctx, makeRoles); err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(s.folder, "log"))
			return fmt.Errorf("it does not answer: %w\n%s", err, log)
		}
	}
}

func (s *server) exec(ctx context.Context, text string) error {
	return run(ctx, s.url(admin, "postgres"), text)
}
