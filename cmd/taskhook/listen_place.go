//go:build unix

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// place is a file that remembers how far events were forwarded.
type place struct{ file string }

// place returns the file for what is listened to, and where it goes.
func (cmd *listenCommand) place(c *console, server string) (*place, error) {
	if cmd.State != "" {
		return &place{cmd.State}, nil
	}
	dir, _ := c.env("XDG_CACHE_HOME")
	if dir == "" {
		home, _ := c.env("HOME")
		if home == "" {
			return nil, usageError{errors.New("there is no home directory to remember in where it stopped: name a file by --state")}
		}
		dir = filepath.Join(home, ".cache")
	}
	dir = filepath.Join(dir, "taskhook")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the cache directory: %w", err)
	}
	sum := sha256.Sum256([]byte(strings.Join(append([]string{server, cmd.Webhook, cmd.Forward}, cmd.Types...), "\n")))
	return &place{filepath.Join(dir, "listen-"+hex.EncodeToString(sum[:8]))}, nil
}

// kept returns the cursor that was kept last; empty: none was.
func (p *place) kept() string {
	text, err := os.ReadFile(p.file)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// keep remembers a cursor.
func (p *place) keep(cursor string) error {
	return replaceFile(p.file, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, cursor)
		return err
	})
}
