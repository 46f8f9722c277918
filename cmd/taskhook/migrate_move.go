//go:build unix

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/store"
)

// move moves a data directory to PostgreSQL, and says how to go on.
func (m *migrateCommand) move(ctx context.Context, c *console, cfg *config.Config) error {
	target := cmp.Or(m.To.Reveal(), cfg.DatabaseURL.Reveal())
	if target == "" {
		return usageError{errors.New("say where to move to: --to postgres://user@host/database, or the setting database-url")}
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends at once
	p := &progress{to: newScreen(c.stderr, c.env)}
	moved, err := app.Move(ctx, app.MoveOptions{
		MoveOptions: store.MoveOptions{Dir: m.From, URL: target, Told: p.tellMove},
		S3:          cfg.S3, Logger: c.logger(cfg),
	})
	p.end()
	switch {
	case err != nil && ctx.Err() != nil:
		return errors.New("the move was interrupted; the same command goes on where it was")
	case err != nil:
		return err
	}
	return m.report(c, target, moved)
}

// tellMove shows how far a move is.
func (p *progress) tellMove(now store.MoveProgress) {
	if now.All > 0 {
		p.tell(fmt.Sprintf("%s (%d)", now.Step, now.All), p.part(int(100*now.Done/now.All)), "")
	}
}

// report prints what was proven, and how to start the server.
func (m *migrateCommand) report(c *console, target string, moved app.Moved) error {
	out := newScreen(c.stdout, c.env)
	t := &table{columns: []column{{title: "TABLE"}, {title: "ROWS"}, {title: "CHECKSUM"}}}
	for _, sum := range moved.Tables {
		t.add(sum.Table, strconv.FormatInt(sum.Rows, 10), sum.String())
	}
	if err := t.print(out); err != nil {
		return err
	}
	out.say("Everything is in the database, with the same rows and checksums as in %s.", m.From)
	for _, kind := range []store.FileKind{store.ResultFiles, store.UploadedFiles} {
		if f, ok := moved.Files[kind]; ok {
			out.say("%d files of %s (%d bytes) are in the bucket, each with its size and SHA-256; %d were missing before.", f.Kept, kind, f.Bytes, f.Missing)
		}
	}
	for _, line := range m.advice(target, moved.Files != nil) {
		out.say("%s", line)
	}
	return nil
}

// advice says how to go on, in the last line how to start the server.
func (m *migrateCommand) advice(target string, bucket bool) (lines []string) {
	lines = append(lines, fmt.Sprintf("Put %s aside: a server on it would send again what the new one sends.", filepath.Join(m.From, "taskhook.db")))
	var needs []string
	if _, err := os.Stat(filepath.Join(m.From, "taskhook.key")); err == nil {
		needs = append(needs, "the key file")
	}
	if !bucket {
		needs = append(needs, "the results and uploaded files")
	}
	if len(needs) > 0 {
		lines = append(lines, fmt.Sprintf("The directory is still needed for %s; a server on another machine needs a copy.", strings.Join(needs, " and ")))
	}
	return append(lines, fmt.Sprintf("Start the server now, with the settings that it had: TASKHOOK_DATABASE_URL='%s' taskhook serve --data %s",
		shownURL(target), m.From))
}

// shownURL is the URL of a database unless that holds a password.
func shownURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Query().Has("password") {
		return "URL"
	}
	if _, has := u.User.Password(); has {
		return "URL"
	}
	return text
}
