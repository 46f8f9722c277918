package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"time"

	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/egress"
)

// alertTime is how long telling the operator may take.
const alertTime = 30 * time.Second

// alert tells the operator by all ways that are configured.
func (a *App) alert(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, alertTime)
	defer cancel()
	return errors.Join(a.alertURL(ctx, body), a.alertCommand(ctx, body))
}

func (a *App) alertURL(ctx context.Context, body []byte) error {
	if a.Config.Alert.URL == "" {
		return nil
	}
	u, err := a.policy.CheckURL(a.Config.Alert.URL)
	if err != nil {
		return fmt.Errorf("alert-url can't be used: %w", err)
	}
	got := a.sender.Send(ctx, &egress.Request{URL: u, Body: body, Header: http.Header{"Content-Type": {"application/json"}}})
	if got.Status/100 != 2 {
		return fmt.Errorf("post to alert-url: %s", got.Error)
	}
	return nil
}

func (a *App) alertCommand(ctx context.Context, body []byte) error {
	words := a.Config.Alert.Command
	if len(words) == 0 {
		return nil
	}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stdin, cmd.Env = bytes.NewReader(body), config.ProgramEnvironment() // ours holds secrets
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("run alert-command: %w: %.500s", err, out)
	}
	return nil
}
