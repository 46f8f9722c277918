package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// Nodes. A process that works on the database has a row among the nodes, which what
// it owns refers to. On SQLite the lock of the data directory says that it is the
// only one. On PostgreSQL there may be others, and the row has an end, by the clock
// of the database, which the process puts off. Who finds it ended deletes it, or
// who finds that the node's session has: then what it owned is free, and it changes
// nothing more, for each of its writing transactions begins by finding the row.

// clock is the database's time in milliseconds, as SQL.
func (s *Store) clock() string {
	if s.Shared() {
		return `(extract(epoch FROM clock_timestamp()) * 1000)::bigint`
	}
	return `CAST(unixepoch('subsec') * 1000 AS INTEGER)`
}

// leaseEnd is the end of a lease that begins now, as SQL.
func (s *Store) leaseEnd() string {
	return fmt.Sprintf(`%s + %d`, s.clock(), taskhook.LeaseLife.Milliseconds())
}

// Shared reports whether other processes may work on the database.
func (s *Store) Shared() bool { return s.db.kind() == kindPostgres }

// Join makes this process a node, in place of those that it was before, with the
// inbox that it takes deliveries in by. When others may work on the database it gets
// a lease, and one that keeps results elsewhere than they is a conflict; else all
// others are dead, for the caller holds the Lock of the data directory. After an
// error it can be repeated.
func (s *Store) Join(ctx context.Context, n taskhook.Node, inbox taskhook.Inbox) error {
	before := s.member.author()
	s.member.set(author{node: n.ID}, nil)
	err := s.update(ctx, s.kinds.join, func(ctx context.Context, t tx) error {
		if !s.Shared() {
			return joinAlone(ctx, t, n)
		}
		if _, err := t.exec(ctx, `DELETE FROM nodes WHERE id IN ($1, $2, $3)`, before.node, n.Former, n.ID); err != nil {
			return err
		}
		if err := s.checkFiles(ctx, t, n); err != nil {
			return err
		}
		return insertNode(ctx, t, n, s.leaseEnd())
	})
	if err != nil {
		s.member.set(before, nil)
		return err
	}
	s.member.set(author{node: n.ID, joined: true}, inbox)
	return nil
}

func joinAlone(ctx context.Context, t tx, n taskhook.Node) error {
	if _, err := t.exec(ctx, `DELETE FROM nodes`); err != nil {
		return err
	}
	return insertNode(ctx, t, n, `NULL`)
}

func insertNode(ctx context.Context, t tx, n taskhook.Node, expires string) error {
	_, err := t.exec(ctx, `INSERT INTO nodes (id, started_at, version, host, files, expires_at) VALUES ($1, $2, $3, $4, $5, `+expires+`)`,
		n.ID, ms(n.StartedAt), n.Version, n.Host, n.Files)
	return err
}

// checkFiles refuses a node whose results the others would not find.
func (s *Store) checkFiles(ctx context.Context, t tx, n taskhook.Node) error {
	host, met, err := first(ctx, t, scanInto[string], `SELECT host FROM nodes WHERE files <> $1 AND expires_at > `+s.clock()+` LIMIT 1`, n.Files)
	if err != nil || !met {
		return err
	}
	return taskhook.Errorf(taskhook.CodeConflict, "The server on %s, of the same database, keeps results elsewhere than this one: "+
		"give all of them the same bucket, or with --files the same shared folder.", host)
}

// RenewNode puts the end of the node's lease off. Ok is false when it was taken for
// dead.
func (s *Store) RenewNode(ctx context.Context, node string) (ok bool, err error) {
	err = s.update(ctx, s.kinds.renewNode, func(ctx context.Context, t tx) error {
		changed, err := t.exec(ctx, `UPDATE nodes SET expires_at = `+s.leaseEnd()+` WHERE id = $1`, node)
		ok = changed == 1
		return err
	})
	if errors.Is(err, errFenced) {
		return false, nil
	}
	return ok, err
}

// Clock returns the time that all nodes of the database go by: its own; zero: each
// its own, for there is one.
func (s *Store) Clock(ctx context.Context) (time.Time, error) {
	if !s.Shared() {
		return time.Time{}, nil
	}
	now, _, err := first(ctx, s.db, scanInto[int64], `SELECT `+s.clock())
	return at(now), err
}

// deadNode is a node that may be dead.
type deadNode struct {
	id      string
	expired bool // else its session has ended
}

// ended says of a row of nodes, as SQL, that its lease has ended, and that its session
// has.
func (s *Store) ended() (expired, gone string) {
	gone = `FALSE` // nothing tells
	if s.Shared() {
		gone = `NOT EXISTS (SELECT 1 FROM pg_locks WHERE ` + heldBy("nodes.id") + `)`
	}
	return `coalesce(expires_at <= ` + s.clock() + `, FALSE)`, gone
}

// mayBeDead lists the other nodes that may be dead.
func (s *Store) mayBeDead(ctx context.Context, r reader, node string) ([]deadNode, error) {
	expired, gone := s.ended()
	return collect(ctx, r, scanDead, `SELECT id, expired FROM (SELECT id, `+expired+` AS expired,
		`+gone+` AS gone FROM nodes) AS found WHERE (expired OR gone) AND id <> $1 ORDER BY id`, node)
}

func scanDead(r scanner) (d deadNode, err error) {
	err = r.Scan(&d.id, &d.expired)
	return d, err
}

// RemoveDead removes nodes whose lease has ended, and those of the suspects whose
// session has, and returns those that it removed. Others without a session become
// suspects when they stay so: a node whose connection broke makes a new one soon,
// at the latest when it looks for the dead itself, which is why that is a write.
func (s *Store) RemoveDead(ctx context.Context, node string, suspects []string) (dead, suspected []string, err error) {
	err = s.update(ctx, s.kinds.removeDead, func(ctx context.Context, t tx) error {
		dead, suspected = nil, nil
		found, err := s.mayBeDead(ctx, t, node)
		if err != nil {
			return err
		}
		for _, d := range found {
			if !d.expired && !slices.Contains(suspects, d.id) {
				suspected = append(suspected, d.id)
				continue
			}
			if _, err := t.exec(ctx, `DELETE FROM nodes WHERE id = $1`, d.id); err != nil {
				return err
			}
			dead = append(dead, d.id)
		}
		if len(dead) == 0 {
			return nil
		}
		return s.hint(ctx, t)
	})
	return dead, suspected, err
}

// Attended reports whether a server works on a database that several may share. On
// SQLite the Lock tells.
func (s *Store) Attended(ctx context.Context) (bool, error) {
	_, any, err := first(ctx, s.db, scanInto[string], `SELECT id FROM nodes WHERE expires_at > `+s.clock()+` LIMIT 1`)
	return any, err
}

// Eldest reports whether this process is the node that was there first, which does
// what one is enough for.
func (s *Store) Eldest(ctx context.Context) (bool, error) {
	id, _, err := first(ctx, s.db, scanInto[*string], `SELECT min(id) FROM nodes`)
	return id != nil && *id == s.member.get().node, err
}

// Nodes lists all nodes, the oldest first. On SQLite none is said to be gone: the Lock
// of the data directory tells.
func (s *Store) Nodes(ctx context.Context) ([]taskhook.NodeState, error) {
	expired, gone := s.ended()
	return collect(ctx, s.db, scanNode, `SELECT id, started_at, version, host, files, expires_at, `+expired+` OR `+gone+`,
		(SELECT count(*) FROM lanes WHERE owner = nodes.id), (SELECT count(*) FROM runs WHERE owner = nodes.id) FROM nodes ORDER BY id`)
}

func scanNode(r scanner) (n taskhook.NodeState, err error) {
	var started int64
	var expires *int64
	err = r.Scan(&n.ID, &started, &n.Version, &n.Host, &n.Files, &expires, &n.Gone, &n.Lanes, &n.Runs)
	n.StartedAt, n.LeaseUntil = at(started), atOrZero(expires)
	return n, err
}

// Leave removes the node at the end of a graceful stop, if it is still there.
func (s *Store) Leave(ctx context.Context, node string) error {
	as := s.member.author()
	s.member.set(as, nil)
	err := s.update(ctx, s.kinds.leave, func(ctx context.Context, t tx) error {
		if _, err := t.exec(ctx, `DELETE FROM nodes WHERE id = $1`, node); err != nil {
			return err
		}
		return s.hint(ctx, t)
	})
	if errors.Is(err, errFenced) {
		return nil
	}
	return err
}
