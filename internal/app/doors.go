package app

import (
	"context"
	"fmt"
	"net"

	"golang.org/x/sync/errgroup"

	"github.com/taskhook/taskhook/internal/api/modelhunter"
	"github.com/taskhook/taskhook/internal/api/modelslab"
	"github.com/taskhook/taskhook/internal/api/muapi"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// door is an address that is listened at, and who answers there.
type door struct {
	face     string // the one that is reached there; empty: all
	listener net.Listener
	server   *httpserver.Server
}

// bind takes the addresses: first that of all faces, then those of single ones.
func (a *App) bind(ctx context.Context) error {
	for _, at := range []struct{ face, address string }{
		{"", a.Config.Listen},
		{modelhunter.Name, a.Config.ModelHunter.Listen},
		{modelslab.Name, a.Config.ModelsLab.Listen},
		{muapi.Name, a.Config.Muapi.Listen},
	} {
		if at.address == "" {
			continue
		}
		ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", at.address)
		if err != nil {
			return fmt.Errorf("listen at %s: %w", at.address, err)
		}
		a.doors = append(a.doors, &door{face: at.face, listener: ln})
	}
	return nil
}

// admit says who answers at which door. Behind that of a single face there are no
// pages, and of the documents only those of the face.
func (a *App) admit(site httpserver.Site, first httpserver.Face, others ...httpserver.Face) {
	front := httpserver.NewFront(site.Handler(), first, others...)
	for _, d := range a.doors {
		d.server = &httpserver.Server{Handler: front, Log: a.Logger, DrainLimit: grace}
	}
	for _, face := range append([]httpserver.Face{first}, others...) {
		if d := a.doorOf(face.Name); d != nil {
			own := site
			if face.Name != first.Name {
				own.Spec, own.Docs = nil, nil
			}
			d.server.Handler = httpserver.Alone(own, face)
		}
	}
}

func (a *App) doorOf(face string) *door {
	for _, d := range a.doors {
		if d.face == face {
			return d
		}
	}
	return nil
}

// serveDoors serves until ctx ends, and then closes all doors at once and waits for
// the requests in progress behind each. One that fails ends all.
func (a *App) serveDoors(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, d := range a.doors {
		group.Go(func() error { return d.server.Run(ctx, d.listener) })
	}
	return group.Wait()
}

// Addr is the address where all faces are reached, with the port really taken.
func (a *App) Addr() string { return a.doors[0].listener.Addr().String() }

// BaseURL is where clients reach the server.
func (a *App) BaseURL() string { return a.Config.BaseURL(a.Addr()) }

// FaceURL is where on this machine the address of a single face is reached, by the
// face's name; empty if it has none of its own.
func (a *App) FaceURL(face string) string {
	if d := a.doorOf(face); d != nil {
		return config.LocalURL(d.listener.Addr().String())
	}
	return ""
}
