package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/taskhook/taskhook/internal/api/modelhunter"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/delivery"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/internal/file"
	"github.com/taskhook/taskhook/internal/keyring"
	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/task"
	"github.com/taskhook/taskhook/webhook"
)

// grace is how long work under way may go on after a stop was asked for.
const grace = 15 * time.Second

// loadKeyring takes the master key from the configuration, or from the key file,
// which the first start makes.
func loadKeyring(cfg *config.Config) (keys *keyring.Keyring, madeFile bool, err error) {
	if text := cfg.SecretKey.Reveal(); text != "" {
		keys, err = keyring.Parse(text)
		return keys, false, err
	}
	return keyring.Load(keyFile(cfg))
}

func keyFile(cfg *config.Config) string { return filepath.Join(cfg.Data, "taskhook.key") }

// openStore opens the database with the master key that it was made with. A key
// file that was made although there was one once is of no use, and removed.
func (a *App) openStore(ctx context.Context) (err error) {
	cfg := a.Config
	var madeFile bool
	if a.keys, madeFile, err = loadKeyring(cfg); err != nil {
		return err
	}
	a.store, err = store.Open(ctx, store.Options{Dir: cfg.Data, URL: cfg.DatabaseURL.Reveal(), Sealer: a.keys, NewSealer: cfg.AcceptNewKey, Migrate: true, MaxTasks: cfg.MaxQueuedTasks,
		MaxBacklog: cfg.MaxBacklog, Logger: a.Logger, Fault: a.StoreFault})
	switch {
	case errors.Is(err, store.ErrOtherKey):
		err = fmt.Errorf("%w: put your copy of it back as %s, or give it as TASKHOOK_SECRET_KEY; if it is lost for good, start once with "+
			"--accept-new-key and rotate the secret of every webhook", store.ErrOtherKey, keyFile(cfg))
		if madeFile {
			err = errors.Join(err, os.Remove(keyFile(cfg)))
		}
	case errors.Is(err, store.ErrTaken) && madeFile:
		err = errors.Join(err, os.Remove(keyFile(cfg)))
	case err == nil && madeFile:
		a.Logger.Info("made the key file; keep a copy of it apart from the database, for without it stored secrets can't be read", "file", keyFile(cfg))
	}
	return err
}

// build puts services and workers together.
func (a *App) build(ctx context.Context) error {
	models, err := loadCatalogue(a.Config)
	if err != nil {
		return err
	}
	adapters, err := loadAdapters(ctx, a.Config, models)
	if err != nil {
		return err
	}
	if a.policy, err = a.loadPolicy(); err != nil {
		return err
	}
	if a.links, err = artifact.NewLinker(a.BaseURL(), a.keys.LinkKey()); err != nil {
		return err
	}
	a.uploads = file.NewService(file.Options{Store: a.store, ByLink: a.store, Contents: a.inputs,
		UploadLinks: a.links.In("uploads"), FileLinks: a.links.In("files"),
		Results: a.store, ResultLinks: a.links, UnfinishedLife: a.Pace.UnfinishedFile, Logger: a.Logger})
	a.buildDelivery()
	a.buildTasks(models, adapters)
	a.buildWorkflows(models)
	a.buildRetention()
	return nil
}

func loadCatalogue(cfg *config.Config) (*catalogue.Catalogue, error) {
	var extra []*catalogue.Source
	for _, s := range cfg.CatalogueSources() {
		parsed, err := catalogue.Parse(s.Name, s.Data)
		if err != nil {
			return nil, err
		}
		extra = append(extra, parsed)
	}
	return catalogue.Load(extra...)
}

// loadPolicy says where outgoing connections may go; never to ourselves.
func (a *App) loadPolicy() (*egress.Policy, error) {
	policy, err := egress.ParsePolicy(egress.Config{Dev: a.Config.Dev, Allow: a.Config.Allow, Ports: a.Config.Ports})
	if err != nil {
		return nil, err
	}
	for _, d := range a.doors {
		own, err := netip.ParseAddrPort(d.listener.Addr().String())
		if err != nil {
			return nil, fmt.Errorf("read own address: %w", err)
		}
		if policy, err = policy.Excluding(own); err != nil {
			return nil, err
		}
	}
	return policy, nil
}

func (a *App) buildDelivery() {
	a.sender = egress.NewSender(a.policy, egress.Options{})
	_, key := a.keys.JobKey()
	var sent func()
	if a.Fault != nil {
		sent = func() { a.Fault("delivery:sent") }
	}
	keepGone := a.Config.Delivery.Gone == "end"
	a.warden = delivery.NewWarden(delivery.WardenOptions{Endpoints: a.store, Schedule: a.Config.Schedule, Body: modelhunter.NoticeBody,
		Alert: a.alert, Logger: a.Logger, After: a.Config.Delivery.DisableAfter, KeepGone: keepGone, Every: a.Pace.Warden})
	gone := a.warden.Gone
	if keepGone {
		gone = nil
	}
	a.sendWork = delivery.NewWorker(delivery.WorkerOptions{Node: a.node, Lanes: a.store, Queue: a.store, Sender: a.sender,
		Jobs: webhook.NewJobSigner(key), Logger: a.Logger, Slots: a.Config.Delivery.Concurrency,
		Timeout: a.Config.Delivery.Timeout, Grace: grace, Breaker: a.breaker(), SweepEvery: a.Pace.Sweep, Sent: sent, Gone: gone})
	a.feed = delivery.NewFeed(a.store)
	a.deliveries = delivery.NewService(delivery.ServiceOptions{Receivers: a.store, Queue: a.store, Held: a.store, Health: a.store, CheckURL: a.policy.CheckURL,
		Schedule: a.Config.Schedule, EventBody: modelhunter.GenericBody, TestBody: modelhunter.EventBody})
}

func (a *App) breaker() delivery.Breaker {
	b := a.Pace.Breaker
	b.Misses, b.Off = a.Config.Delivery.Breaker, a.Config.Delivery.Breaker == 0
	return b
}

func (a *App) buildTasks(models *catalogue.Catalogue, adapters *provider.Registry) {
	outcomes := task.Outcomes{Primary: modelhunter.EventBody, Schedule: a.Config.Schedule, Links: a.links, Faces: a.faceWebhooks()}
	a.endings = task.NewEndings()
	a.endings.OnStep(func() { a.flowWork.Wake() })
	a.taskWork = task.NewWorker(task.WorkerOptions{Node: a.node, Runs: a.store, Progress: a.store, Files: a.files, Inputs: a.uploads,
		Adapters: adapters, Catalogue: models, Outcomes: outcomes, Endings: a.endings, Logger: a.Logger, Fault: a.Fault})
	a.tasks = task.NewService(task.ServiceOptions{Store: a.store, Inputs: a.uploads, Catalogue: models, Adapters: adapters,
		CheckURL: a.policy.CheckURL, Dev: a.Config.Dev, IdempotencyLife: a.Pace.IdempotencyKey, Endings: a.endings,
		Created: a.taskWork.Created, Cancelled: a.taskWork.Cancelled})
}

// jwks serves the public key of per-job signatures.
func (a *App) jwks() http.Handler {
	id, key := a.keys.JobKey()
	set := webhook.EncodeJWKS(webhook.PublicKey{ID: id, Key: publicKey(key)})
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/jwk-set+json")
		w.Header().Set("Cache-Control", "public, max-age=300")
		w.Write(set)
	})
}
