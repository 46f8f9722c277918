//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/taskhook/taskhook/client"
)

// The variables of the commands that speak to a server. The key has no flag, for
// command lines can be read by all users of a machine.
const (
	serverVariable = "TASKHOOK_SERVER"
	keyVariable    = "TASKHOOK_API_KEY"
	defaultServer  = "http://127.0.0.1:8080"
)

// answerTime is how long a server may take to answer. The test of an endpoint
// waits up to 30 s for its receiver.
const answerTime = time.Minute

// remoteFlags are those of every command that speaks to a server.
type remoteFlags struct {
	Server  string `placeholder:"URL" help:"Server to speak to. Default: http://127.0.0.1:8080. [TASKHOOK_SERVER]"`
	KeyFile string `placeholder:"FILE" help:"File that holds the API key. Default: the key in the variable TASKHOOK_API_KEY."`
	JSON    bool   `name:"json" help:"Print the API's objects, one on each line."`
}

// remote is a server and those who watch what is asked of it: the answer goes to
// out, all else to log.
type remote struct {
	*client.Client
	files    *http.Client // for results, which may lie on another host
	server   string
	json     bool
	out, log *screen
}

// call runs what a command asks of a server.
func (f *remoteFlags) call(ctx context.Context, c *console, do func(context.Context, *remote) error) error {
	r, err := f.connect(c)
	if err != nil {
		return err
	}
	if err := do(ctx, r); err != nil {
		return r.explain(err)
	}
	return nil
}

// interruptible returns a context that a signal ends, for what is to be left in
// order; a second signal ends the program at once.
func interruptible(ctx context.Context) (_ context.Context, stop context.CancelFunc) {
	ctx, stop = signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// connect finds out which server to speak to and as whom; nothing is sent yet.
func (f *remoteFlags) connect(c *console) (*remote, error) {
	server := f.Server
	if server == "" {
		server, _ = c.env(serverVariable)
	}
	if server == "" {
		server = defaultServer
	}
	if err := checkServer(server); err != nil {
		return nil, usageError{err}
	}
	key, err := f.key(c)
	if err != nil {
		return nil, usageError{err}
	}
	api := client.New(server, key)
	api.HTTP = &http.Client{
		Timeout: answerTime,
		// The key is for this server only.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &remote{Client: api, files: &http.Client{}, server: strings.TrimRight(server, "/"), json: f.JSON,
		out: newScreen(c.stdout, c.env), log: newScreen(c.stderr, c.env)}, nil
}

// workers returns the server as workers see it.
func (f *remoteFlags) workers(c *console) (*client.Workers, error) {
	r, err := f.connect(c)
	if err != nil {
		return nil, err
	}
	key, err := f.key(c)
	if err != nil {
		return nil, usageError{err}
	}
	w := client.NewWorkers(r.server, key)
	// Calls have times of their own, for results may be large.
	w.HTTP = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return w, nil
}

func checkServer(server string) error {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("the server %s is not an address: write it like %s", safe(server), defaultServer)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("the server must be scheme, host and perhaps a path: the key goes into " + keyVariable)
	}
	return nil
}

// key returns the API key, from a file if one is named.
func (f *remoteFlags) key(c *console) (string, error) {
	key, source := "", "the variable "+keyVariable
	if f.KeyFile != "" {
		text, err := os.ReadFile(f.KeyFile)
		if err != nil {
			return "", fmt.Errorf("read the key file: %w", err)
		}
		key, source = string(text), "the file "+safe(f.KeyFile)
	} else {
		key, _ = c.env(keyVariable)
	}
	key = strings.TrimSpace(key)
	switch {
	case key == "" && f.KeyFile != "":
		return "", fmt.Errorf("%s is empty: write the API key into it", source)
	case key == "":
		return "", fmt.Errorf("no API key is given: set %s, or name a file that holds it with --key-file; `taskhook key create` makes a key", keyVariable)
	case strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", fmt.Errorf("%s holds something else than one API key", source)
	}
	return key, nil
}
