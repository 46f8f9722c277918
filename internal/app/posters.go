package app

import (
	"context"
	"os/exec"
	"path/filepath"

	"github.com/taskhook/taskhook/internal/poster"
)

// findFFmpeg looks for the program once, at the start: without it videos get no
// posters, and the sandbox makes its own as GIF.
func (a *App) findFFmpeg() {
	a.ffmpeg, _ = exec.LookPath("ffmpeg")
	if path, err := filepath.Abs(a.ffmpeg); err == nil && a.ffmpeg != "" {
		a.ffmpeg = path
	}
	if a.ffmpeg == "" && a.Config.Posters == "auto" {
		a.Logger.Info("ffmpeg is not installed, so videos get no poster")
	}
}

func (a *App) makesPosters() bool { return a.ffmpeg != "" && a.Config.Posters == "auto" }

func (a *App) buildPosters() {
	if !a.makesPosters() {
		return
	}
	a.posters = poster.New(poster.Options{Store: a.store, Files: a.files, Camera: &poster.FFmpeg{Path: a.ffmpeg}, Inline: int64(a.Config.Inline),
		Scratch: filepath.Join(a.Config.Data, "scratch"), Logger: a.Logger, Now: a.clock.Now, Every: a.Pace.Posters, Limit: a.Pace.Limit})
	a.endings.OnVideo(a.posters.Wake)
}

// makePosters does so in every node that can.
func (a *App) makePosters(ctx context.Context) error {
	if a.posters == nil {
		return nil
	}
	return a.posters.Run(ctx)
}
