package app

import (
	"context"
	"crypto/ed25519"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/taskhook/taskhook"
)

// Run serves until ctx ends and then stops in order: no longer ready, no new
// requests, those in progress answered, workers stopped and their work recorded or
// given back, store closed. A part that fails stops all.
func (a *App) Run(ctx context.Context) error {
	if a.Config.Dev {
		a.Logger.Warn("dev: receivers may be plain http and on private addresses, and the sandbox answers live keys; do not expose this server")
	}
	a.Logger.Info("serving", "address", a.BaseURL(), "node", a.member.Lease().Node)
	for _, d := range a.doors[1:] {
		a.Logger.Info("serving one API", "api", d.face, "address", a.FaceURL(d.face))
	}
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBackground()
	workers, background := errgroup.WithContext(background)
	for _, loop := range []func(context.Context) error{a.store.Run, a.member.Run, a.member.Look, a.member.Listen, a.upkeep, a.watchFiles, a.noteTimes, a.warden.Run, a.pulls.Run,
		a.makePosters, a.copies.Run, a.byOne(a.sweeper.Run), a.byOne(a.eraser.Run)} {
		workers.Go(func() error { return loop(background) })
	}
	sending, stopSending := context.WithCancel(background)
	defer stopSending()
	workers.Go(func() error { return a.flowWork.Run(sending) })
	workers.Go(func() error { return a.batches.Run(sending) })
	workers.Go(func() error { return a.byOne(a.replayWork.Run)(sending) })
	sent := ended(workers, func() error { return a.sendWork.Run(sending) })
	running, stopRunning := context.WithCancel(background)
	defer stopRunning()
	ran := ended(workers, func() error { return a.taskWork.Run(running) })

	serving, stopServing := context.WithCancel(ctx)
	defer stopServing()
	context.AfterFunc(background, stopServing) // a worker failed
	context.AfterFunc(ctx, func() {
		a.stopping.Store(true)
		a.endings.Stop()
		a.pulls.Stop()
		a.feed.Stop()
	})
	err := a.serveDoors(serving)

	stopRunning()
	<-ran // what tasks end with is still owed to receivers
	stopSending()
	<-sent // until then we are a node
	return errors.Join(err, a.finish(workers.Wait, stopBackground))
}

// ended runs a worker and returns a channel that is closed when it has returned.
func ended(workers *errgroup.Group, run func() error) <-chan struct{} {
	done := make(chan struct{})
	workers.Go(func() error {
		defer close(done)
		return run()
	})
	return done
}

// finish waits for the workers, leaves the ring of nodes and closes the store.
func (a *App) finish(wait func() error, stop func()) error {
	done := make(chan error, 1)
	go func() { done <- wait() }()
	stop()
	err := <-done
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	return errors.Join(err, a.member.Leave(ctx), a.close())
}

// ready says why the server should not be sent requests.
func (a *App) ready() error {
	if a.stopping.Load() {
		return taskhook.Errorf(taskhook.CodeUnavailable, "The server is stopping.")
	}
	if !a.member.Lease().Allows(time.Now()) {
		return taskhook.Errorf(taskhook.CodeUnavailable, "The server has lost its place among the nodes of the database.")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := a.store.Ping(ctx); err != nil {
		a.Logger.Error("ping the database", "error", err)
		return taskhook.Errorf(taskhook.CodeUnavailable, "The database does not answer.")
	}
	return nil
}

func publicKey(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }
