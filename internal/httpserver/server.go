package httpserver

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The limits of every connection. There is none on writing, for results are
// large and feeds stay open; a handler that takes longer than readTimeout must
// lift the read deadline with an http.ResponseController.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 75 * time.Second // of a whole request; a test delivery may take 30 s of it
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10
)

// DrainLimit is how long Run waits for requests in progress if Server does not
// say.
const DrainLimit = 15 * time.Second

// Server serves a handler on a listener.
type Server struct {
	Handler    http.Handler
	Log        *slog.Logger
	DrainLimit time.Duration // 0: DrainLimit
}

// Run serves connections of ln, which it closes, until ctx ends. It then takes
// no new ones and waits for the requests in progress; those that outlast the
// limit are cut off, which is an error. It returns nil after a clean stop.
func (s *Server) Run(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{
		Handler:           Wrap(s.Log, s.Handler),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug), // noise of strangers
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	err := s.drain(context.WithoutCancel(ctx), srv)
	<-served
	return err
}

// drain waits for the requests in progress.
func (s *Server) drain(ctx context.Context, srv *http.Server) error {
	limit := s.DrainLimit
	if limit == 0 {
		limit = DrainLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		srv.Close()
		return fmt.Errorf("drain requests within %s: %w", limit, err)
	}
	return nil
}
