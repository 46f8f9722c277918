package pgtest

import (
	"context"
	"strings"

	"github.com/taskhook/taskhook/internal/pgserver"
	"github.com/taskhook/taskhook/internal/testkit"
)

// startServer starts the server of this process, whose last use is the end of the
// process. What makes a commit durable is as it is by default. Guarded needs its
// password.
func startServer(settings ...string) (*pgserver.Server, error) {
	s, err := pgserver.Start(context.Background(), pgserver.Options{
		Folder:   testkit.Memory(),
		Settings: "max_wal_size = 256MB\nautovacuum = off\n" + strings.Join(settings, "\n") + "\n",
		Rules:    "local all " + Guarded + " scram-sha-256\n",
	})
	if err != nil {
		return nil, err
	}
	return s, exec(context.Background(), s, "CREATE ROLE "+Role+" LOGIN; CREATE ROLE "+Stranger+" LOGIN; CREATE ROLE "+Guarded+
		" LOGIN PASSWORD 'right'")
}

func exec(ctx context.Context, s *pgserver.Server, text string) error {
	return run(ctx, s.URL(pgserver.Admin, "postgres"), text)
}
