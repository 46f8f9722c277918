package pgtest

import (
	"context"
	"strings"
	"syscall"

	"github.com/taskhook/taskhook/internal/pgserver"
)

// startServer starts the server of this process, whose last use is the end of the
// process. What makes a commit durable is as it is by default. Guarded needs its
// password.
func startServer(settings ...string) (*pgserver.Server, error) {
	s, err := pgserver.Start(context.Background(), pgserver.Options{
		Folder:   roomy(),
		Settings: "max_wal_size = 256MB\nautovacuum = off\n" + strings.Join(settings, "\n") + "\n",
		Rules:    "local all " + Guarded + " scram-sha-256\n",
	})
	if err != nil {
		return nil, err
	}
	return s, exec(context.Background(), s, "CREATE ROLE "+Role+" LOGIN; CREATE ROLE "+Stranger+" LOGIN; CREATE ROLE "+Guarded+
		" LOGIN PASSWORD 'right'")
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

func exec(ctx context.Context, s *pgserver.Server, text string) error {
	return run(ctx, s.URL(pgserver.Admin, "postgres"), text)
}
