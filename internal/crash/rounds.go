package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"time"

	"github.com/taskhook/taskhook/client"
)

// rounds kills servers: two in three at a named point, the others at a random time,
// of which some are asked to stop instead.
func (t *Trial) rounds(ctx context.Context) error {
	var points []string
	for _, point := range Points() {
		if unreachable(point) == "" && elsewhere(point) == "" {
			points = append(points, point)
		}
	}
	tour := newTour(points)
	for round := range t.Rounds {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var err error
		if round%3 == 2 {
			err = t.live(ctx, t.role("", 0), t.randomScene())
		} else {
			point, visit := tour.next()
			died := t.points[point]
			err = t.visit(ctx, t.role(point, visit))
			tour.came(point, t.points[point] > died)
		}
		if err != nil {
			return err
		}
		t.Printf("round %d/%d: %s", round+1, t.Rounds, t.lives[len(t.lives)-1].End)
	}
	return nil
}

// lastSync is the last sync of a server at which the power goes.
const lastSync = 64

// randomScene is one that ends at a random time or, with power to cut, at a random
// sync.
func (t *Trial) randomScene() scene {
	s := scene{life: time.Duration(rand.Int64N(int64(shortLife)))}
	switch rand.IntN(6) {
	case 0:
		s.stop = true
	case 1:
		s.down = true
	}
	if t.Power != nil && !s.stop {
		s.life, s.sync = fullLife, 1+rand.IntN(lastSync)
	}
	return s
}

// visit lets a server die at a point.
func (t *Trial) visit(ctx context.Context, r role) error {
	s := sceneOf(r.Point)
	if s.fresh {
		return t.firstStart(ctx, r)
	}
	if s.calm {
		t.stage.calm.Store(true)
		err := t.live(ctx, t.role("", 0), scene{life: calmLife})
		t.stage.calm.Store(false)
		if err != nil {
			return err
		}
	}
	return t.live(ctx, r, s)
}

// live lets a server live and die.
func (t *Trial) live(ctx context.Context, r role, sc scene) error {
	t.stage.favour.Store(&sc.favour)
	t.receiver.down.Store(sc.down)
	l := life{From: time.Now()}
	s, err := startArmed(r, t.Log, func(s *server) { t.arm(s, sc) })
	if err != nil {
		return err
	}
	t.starts, l.Ready = append(t.starts, s.ready), s.ready.String()
	t.await(ctx, s, sc)
	l.End = "killed at a random time"
	select {
	case <-s.exited:
		l.Stopped = s.stopped()
		t.ended(s, &l)
	default:
		s.kill()
	}
	if err := errors.Join(t.cut(), t.receiver.drain(ctx, 0)); err != nil {
		return err
	}
	l.Until = time.Now()
	t.receiver.down.Store(false)
	t.journal.note(l)
	t.lives = append(t.lives, l)
	return nil
}

// powerGone is the end of a server whose disk lost its power under it.
const powerGone = "the power went at a sync"

// ended says how a server ended that was not killed from outside.
func (t *Trial) ended(s *server, l *life) {
	switch {
	case s.died != "":
		l.End = s.died
		t.points[s.died]++
		if why := unreachable(s.died); why != "" {
			t.ledger.breach("a server came to " + s.died + ", though " + why)
		}
	case l.Stopped:
		l.End = "stopped as it was asked"
	case s.powerless.Load():
		l.End = powerGone
	default:
		l.End = "ended by itself: " + s.cmd.ProcessState.String()
		t.ledger.breach("L0: a server " + l.End)
	}
}

// stopTime is how long a server may take to stop.
const stopTime = 20 * time.Second

// arm lets the power go under a server at the sync that its scene names.
func (t *Trial) arm(s *server, sc scene) {
	if sc.sync == 0 {
		return
	}
	t.Power.FailAt(sc.sync, func() {
		s.powerless.Store(true)
		s.cmd.Process.Kill()
	})
}

// await returns when the server has ended or its time is over.
func (t *Trial) await(ctx context.Context, s *server, sc scene) {
	life := time.NewTimer(sc.life)
	defer life.Stop()
	if sc.stop {
		life.Reset(time.Duration(rand.Int64N(int64(shortLife))))
	}
	select {
	case <-s.exited:
		return
	case <-ctx.Done():
		return
	case <-life.C:
	}
	if !sc.stop {
		return
	}
	s.cmd.Process.Signal(syscall.SIGTERM)
	life.Reset(stopTime)
	select {
	case <-s.exited:
	case <-life.C:
		t.ledger.breach(fmt.Sprintf("L0: a server did not stop within %s", stopTime))
	}
}

// firstStart kills the first start of another server at a point; the second must
// let its key in.
func (t *Trial) firstStart(ctx context.Context, r role) error {
	r.Data = filepath.Join(t.Data, fmt.Sprintf("first-%d", len(t.lives)))
	r.Listen, r.Database = "127.0.0.1:0", t.newDatabase()
	now := time.Now()
	l := life{From: now, Until: now, End: "not at the point of a first start"}
	first, err := start(r, t.Log)
	if err != nil {
		return err
	}
	if first.addr != "" {
		first.kill()
	}
	<-first.exited
	if err := t.cut(); err != nil {
		return err
	}
	if first.died != "" {
		t.points[first.died]++
		l.End = first.died
	}
	r.Point = ""
	second, err := start(r, t.Log)
	if err != nil {
		return err
	}
	defer second.kill()
	if _, err := client.New("http://"+second.addr, t.key).Tasks(ctx, client.TaskQuery{}); err != nil {
		t.ledger.breach("L9: after a first start was killed at " + l.End + ": " + err.Error())
	}
	t.journal.note(l)
	t.lives = append(t.lives, l)
	return nil
}
