//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/demo"
)

type demoCommand struct {
	Once bool `help:"End after the last step instead of staying up; the exit status is 0 only if all that it shows is true."`
	Keep bool `help:"Leave the data and the log there at the end."`
}

// Run shows the server at work; a signal ends it.
func (cmd *demoCommand) Run(ctx context.Context, c *console) error {
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends at once
	terminal := isTerminal(c.stdout)
	noColour, _ := c.env("NO_COLOR")
	term, _ := c.env("TERM")
	return demo.Run(ctx, demo.Options{
		Out:        c.stdout,
		Terminal:   terminal && term != "dumb",
		Colour:     terminal && term != "dumb" && noColour == "",
		Once:       cmd.Once,
		Keep:       cmd.Keep,
		Executable: executable,
		Env:        config.ProgramEnvironment(),
	})
}

// isTerminal reports whether somebody seems to watch what is written.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
