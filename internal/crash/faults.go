package crash

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/taskhook/taskhook/internal/testkit/clock"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
	"github.com/taskhook/taskhook/internal/testkit/tcpproxy"
)

// kills is a fault that is over at once.
func kills() Fault { return Fault{Name: "kill -9", Kill: 1} }

// nothing is a fault that is none.
func nothing() Fault { return Fault{Name: "none"} }

// freeze stops a process and lets it go on.
func freeze(least, hold time.Duration) Fault {
	return Fault{Name: "stopped", Least: least, Hold: hold, Kill: 0.2,
		Begin: func(_ context.Context, n *node) error {
			n.life.Frozen = append(n.life.Frozen, span{from: time.Now()})
			return n.server.cmd.Process.Signal(syscall.SIGSTOP)
		},
		End: func(_ context.Context, n *node) error {
			n.life.Frozen[len(n.life.Frozen)-1].to = time.Now()
			if !n.alive() {
				return nil
			}
			return n.server.cmd.Process.Signal(syscall.SIGCONT)
		}}
}

// interrupt does something to the way to the database.
func interrupt(name string, mode tcpproxy.Mode, delay, least, hold time.Duration) Fault {
	return Fault{Name: name, Least: least, Hold: hold, Kill: 0.2,
		Begin: func(_ context.Context, n *node) error { n.way.Set(mode, delay); return nil },
		End:   func(_ context.Context, n *node) error { n.way.Set(tcpproxy.Pass, 0); return nil }}
}

// restart stops the database by a signal and starts it again.
func restart(name string, pg *pgtest.Server, by syscall.Signal, hold time.Duration) Fault {
	return Fault{Name: name, Hold: hold, All: true, Kill: 0.2,
		Begin: func(ctx context.Context, _ *node) error { return pg.Stop(ctx, by) },
		End:   func(context.Context, *node) error { return pg.Start() }}
}

// exhaust takes the connections that the database has left, and ends those that
// servers have, so that they find none.
func exhaust(pg *pgtest.Server, hold time.Duration) Fault {
	var taken []*pgx.Conn
	return Fault{Name: "no connections", Hold: hold, All: true, Kill: 0.2,
		Begin: func(ctx context.Context, _ *node) error {
			for first := true; ; first = false {
				conn, err := pgx.Connect(ctx, pg.URL("postgres"))
				if err != nil {
					return nil // there are no more
				}
				if taken = append(taken, conn); first {
					if _, err := conn.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"+pgtest.Role+"'"); err != nil {
						return err
					}
				}
			}
		},
		End: func(ctx context.Context, _ *node) error {
			for _, conn := range taken {
				conn.Close(ctx)
			}
			taken = nil
			return nil
		}}
}

// lock holds a lock of a table that every delivery is in.
func lock(pg *pgtest.Server, t *Trial, hold time.Duration) Fault {
	var conn *pgx.Conn
	return Fault{Name: "table locked", Hold: hold, All: true, Kill: 0.2,
		Begin: func(ctx context.Context, _ *node) (err error) {
			if conn, err = pgx.Connect(ctx, pg.URL(t.database)); err != nil {
				return err
			}
			_, err = conn.Exec(ctx, "BEGIN; LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE")
			return err
		},
		End: func(ctx context.Context, _ *node) error { return conn.Close(ctx) }}
}

// fill makes a disk full.
func fill(disk interface{ Fill(full bool) }, hold time.Duration) Fault {
	return Fault{Name: "disk full", Hold: hold, Kill: 0.2,
		Begin: func(context.Context, *node) error { disk.Fill(true); return nil },
		End:   func(context.Context, *node) error { disk.Fill(false); return nil }}
}

// jump sets the clock of a server for a while.
func jump(t *Trial, by, hold time.Duration) Fault {
	return Fault{Name: fmt.Sprintf("clock off by %s", by), Hold: hold, Kill: 0.2,
		Begin: func(_ context.Context, n *node) error {
			t.ahead = max(t.ahead, by)
			return t.setClock(n, by)
		},
		End: func(_ context.Context, n *node) error { return t.setClock(n, 0) }}
}

// setClock sets the clock of a node's server.
func (t *Trial) setClock(n *node, to time.Duration) error {
	jumped := func() { t.stage.jumped.Store(time.Now().UnixNano()) }
	jumped()
	defer jumped()
	n.life.Clocks = append(n.life.Clocks, to)
	if !n.alive() {
		return nil
	}
	if err := clock.Shift(n.server.cmd.Process.Pid, to); err != nil {
		return fmt.Errorf("node %d: %w", n.index, err)
	}
	return nil
}
