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
	"strings"
	"syscall"
	"time"
)

// admin is the role that the server was made by.
const admin = "postgres"

// server is a PostgreSQL that is reached by a socket in its folder.
type server struct {
	folder string
	watch  *os.File // a line starts the server; when this is closed, by our end too, it stops
}

func (s *server) data() string { return filepath.Join(s.folder, "data") }

func (s *server) url(role, database string) string {
	q := url.Values{"host": {s.folder}, "user": {role}}
	return "postgres:///" + database + "?" + q.Encode()
}

// startServer makes a server and starts it. It ends with this process, however
// that ends.
func startServer(settings ...string) (_ *server, err error) {
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
	if err := s.configure(settings); err != nil {
		return nil, err
	}
	if err := s.watchOver(as); err != nil {
		return nil, err
	}
	return s, s.start(makeRoles)
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
func (s *server) configure(more []string) error {
	rules, err := os.ReadFile(filepath.Join(s.data(), "pg_hba.conf"))
	if err != nil {
		return err
	}
	rules = append([]byte("local all "+Guarded+" scram-sha-256\n"), rules...)
	settings := fmt.Sprintf("listen_addresses = ''\nunix_socket_directories = '%s'\nmax_connections = 200\n"+
		"max_wal_size = 256MB\nautovacuum = off\n", s.folder) + strings.Join(more, "\n") + "\n"
	return errors.Join(os.WriteFile(filepath.Join(s.data(), "pg_hba.conf"), rules, 0o600),
		os.WriteFile(filepath.Join(s.data(), "postgresql.auto.conf"), []byte(settings), 0o600))
}

// watch starts the server with each line of its own input. When that ends it stops
// the server and removes its folder.
const watch = `while read go; do "$1/postgres" -D "$2/data" >>"$2/log" 2>&1 </dev/null & done
kill -QUIT $(head -n 1 "$2/data/postmaster.pid"); wait; cd /; rm -rf "$2"`

func (s *server) watchOver(as *syscall.SysProcAttr) error {
	input, lines, err := os.Pipe()
	if err != nil {
		return err
	}
	defer input.Close()
	s.watch = lines
	cmd := exec.Command("/bin/sh", "-c", watch, "sh", programs(), s.folder)
	cmd.SysProcAttr, cmd.Dir, cmd.Stdin = as, s.folder, input
	return cmd.Start()
}

const makeRoles = "CREATE ROLE " + Role + " LOGIN; CREATE ROLE " + Stranger + " LOGIN; CREATE ROLE " + Guarded + " LOGIN PASSWORD 'right'"

// start starts the server and returns when it has run a statement. As long as there
// are still processes of a server that was killed it ends at once, and is started
// again; one that is started beside another does nothing.
func (s *server) start(first string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		if n%25 == 0 {
			if _, err := s.watch.WriteString("go\n"); err != nil {
				return err
			}
		}
		if err = s.exec(ctx, first); err == nil {
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
