package app

import (
	"context"
	"time"

	"github.com/taskhook/taskhook/internal/provider"
)

// filesEvery is how often it is looked whether files have changed.
const filesEvery = time.Second

// watchFiles takes in what catalogue and provider files say when they change, or when
// that is asked for. A file that was just written may be so by half, so it is read when
// it has rested for a moment.
func (a *App) watchFiles(ctx context.Context) error {
	tick := time.NewTicker(filesEvery)
	defer tick.Stop()
	read := a.Config.Stamp()
	for last := read; ; {
		asked := false
		select {
		case <-ctx.Done():
			return nil
		case <-a.Reload:
			asked = true
		case <-tick.C:
		}
		stamp := a.Config.Stamp()
		if rested := stamp == last; asked || rested && stamp != read {
			read = stamp
			a.reload()
		}
		last = stamp
	}
}

// reload puts the files in force, or leaves all as it is and says why.
func (a *App) reload() {
	models, err := a.readFiles()
	if err != nil {
		a.Logger.Error("catalogue and providers stay as they were, for the new ones can't be used", "error", err)
		return
	}
	a.Logger.Info("catalogue and providers are read anew", "models", models)
}

// readFiles returns how many models there are now.
func (a *App) readFiles() (int, error) {
	cfg, err := a.Config.Reread()
	if err != nil {
		return 0, err
	}
	models, err := loadCatalogue(cfg)
	if err != nil {
		return 0, err
	}
	upstreams, err := loadUpstreams(cfg.ProviderSources(), a.upstreams)
	if err != nil {
		return 0, err
	}
	adapters, err := provider.NewRegistry(append(upstreams, a.local...)...)
	if err != nil {
		return 0, err
	}
	if err := checkAdapters(models, adapters); err != nil {
		return 0, err
	}
	a.adapters.Renew(adapters)
	a.taskWork.Renew()
	a.tasks.Catalogue.Replace(models)
	return len(models.Models()), nil
}
