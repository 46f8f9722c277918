//go:build unix

package main

import (
	"path/filepath"
	"testing"

	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// TestMigrateFrom moves the data of a server, which is told how to start again.
func TestMigrateFrom(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	s := program.Start(t, nil)
	url, dir := pgtest.Database(t), s.Config.Data
	_, stderr := invoke(t, 1, "migrate", "--from", dir, "--to", url)
	expect(t, stderr, "is using "+dir+": stop it first")
	s.Stop(t)
	stdout, stderr := invoke(t, 0, "migrate", "--from", dir, "--to", url)
	expect(t, stderr, "copy accounts (1)\n")
	expect(t, stdout, "TABLE ", "ROWS ", "CHECKSUM\n", "\naccounts ", "with the same rows and checksums as in "+dir,
		"Put "+filepath.Join(dir, "taskhook.db")+" aside", "needed for the key file and the results and uploaded files",
		"Start the server now, with the settings that it had: TASKHOOK_DATABASE_URL='"+url+"' taskhook serve --data "+dir+"\n")
	_, stderr = invoke(t, 1, "migrate", "--from", dir, "--database", url)
	expect(t, stderr, "what was moved from "+dir+" before, and is complete: start the server on it")
	next := program.Start(t, func(c *config.Config) { c.Data, c.DatabaseURL = dir, config.NewSecret(url) })
	if _, err := next.Balance(t.Context()); err != nil {
		t.Errorf("the server after the move: %v", err)
	}
}

func TestMigrateFromNeedsTwoPlaces(t *testing.T) {
	t.Parallel()
	_, stderr := invoke(t, 2, "migrate", "--from", t.TempDir())
	expect(t, stderr, "say where to move to: --to postgres://")
	_, stderr = invoke(t, 2, "migrate", "--to", "postgres://db/taskhook")
	expect(t, stderr, "needs --from")
	_, stderr = invoke(t, 2, "migrate", "--from", t.TempDir(), "--to", "postgres://db/taskhook", "--s3-bucket", "media")
	expect(t, stderr, "s3-bucket is set without s3-endpoint")
}

func TestShownURL(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"postgres://taskhook@db/taskhook":                    "postgres://taskhook@db/taskhook",
		"postgres://taskhook:secret@db/taskhook":             "URL",
		"postgres://taskhook@db/taskhook?password=secret":    "URL",
		"postgres://taskhook:sec%ret@db/taskhook":            "URL",
		"postgres:///taskhook?host=/run/postgresql&user=you": "postgres:///taskhook?host=/run/postgresql&user=you",
	} {
		if got := shownURL(given); got != want {
			t.Errorf("%s is shown as %s, want %s", given, got, want)
		}
	}
}
