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

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/api/modelhunter"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/delivery"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/internal/file"
	"github.com/taskhook/taskhook/internal/keyring"
	"github.com/taskhook/taskhook/internal/node"
	"github.com/taskhook/taskhook/internal/provider/upstream"
	"github.com/taskhook/taskhook/internal/pull"
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
// file that was made although there was one once, or that is to be moved here, is of
// no use, and removed.
func (a *App) openStore(ctx context.Context) (err error) {
	cfg := a.Config
	var madeFile bool
	if a.keys, madeFile, err = loadKeyring(cfg); err != nil {
		return err
	}
	a.store, err = store.Open(ctx, store.Options{Dir: cfg.Data, URL: cfg.DatabaseURL.Reveal(), Sealer: a.keys, NewSealer: cfg.AcceptNewKey, Migrate: true, MaxTasks: cfg.MaxQueuedTasks,
		MaxBacklog: cfg.MaxBacklog, Posters: a.makesPosters(), Logger: a.Logger, Fault: a.StoreFault})
	switch {
	case errors.Is(err, store.ErrOtherKey):
		err = fmt.Errorf("%w: put your copy of it back as %s, or give it as TASKHOOK_SECRET_KEY; if it is lost for good, start once with "+
			"--accept-new-key and rotate the secret of every webhook", store.ErrOtherKey, keyFile(cfg))
		if madeFile {
			err = errors.Join(err, os.Remove(keyFile(cfg)))
		}
	case errors.Is(err, store.ErrMoving) && madeFile:
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
	if a.policy, err = a.loadPolicy(); err != nil {
		return err
	}
	a.callbacks = upstream.NewCallbacks(a.BaseURL(), a.keys.LinkKey())
	if a.adapters, err = a.loadAdapters(ctx, models); err != nil {
		return err
	}
	if a.links, err = artifact.NewLinker(a.BaseURL(), a.keys.LinkKey()); err != nil {
		return err
	}
	a.uploads = file.NewService(file.Options{Store: a.store, ByLink: a.store, Contents: a.inputs,
		UploadLinks: a.links.In("uploads"), FileLinks: a.links.In("files"),
		Results: a.store, ResultLinks: a.links, UnfinishedLife: a.Pace.UnfinishedFile, Now: a.clock.Now, Logger: a.Logger})
	a.buildDelivery()
	a.buildTasks(models)
	a.buildPosters()
	a.buildCopies()
	a.buildWorkflows(models)
	a.buildRetention()
	return a.buildMember()
}

// buildMember says as which node the workers work.
func (a *App) buildMember() error {
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("find the name of this machine: %w", err)
	}
	files := ""
	if a.store.Shared() {
		if files, err = a.filesID(); err != nil {
			return err
		}
	}
	a.member = node.New(node.Options{Store: a.store, News: a.store, Shared: a.store.Shared(), Inbox: a.sendWork.Inbox(), Logger: a.Logger,
		Node: taskhook.Node{StartedAt: a.opened, Former: a.formerNode(), Host: host, Files: files, Version: a.Version}, Lost: a.sendWork.Forget, Heard: a.taskWork.Look, Clock: a.clock, Joined: a.noteNode})
	return nil
}

// nodeFile names the node that a process with the data directory is, for the next one.
func (a *App) nodeFile() string { return filepath.Join(a.Config.Data, "taskhook.node") }

// formerNode is the node that the process before was, if it could note that.
func (a *App) formerNode() string {
	text, err := os.ReadFile(a.nodeFile())
	if err != nil {
		return "" // others will find out that it is dead
	}
	return string(text)
}

func (a *App) noteNode(id string) {
	if !a.store.Shared() {
		return
	}
	if err := os.WriteFile(a.nodeFile(), []byte(id), 0o600); err != nil {
		a.Logger.Warn("note the node in the data directory", "error", err)
	}
}

// lease is a function of its own, for the workers are made first.
func (a *App) lease() taskhook.Lease { return a.member.Lease() }

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
		Alert: a.alert, Logger: a.Logger, Now: a.clock.Now, After: a.Config.Delivery.DisableAfter, KeepGone: keepGone, Every: a.Pace.Warden})
	gone := a.warden.Gone
	if keepGone {
		gone = nil
	}
	a.sendWork = delivery.NewWorker(delivery.WorkerOptions{Lease: a.lease, Shared: a.store.Shared(), Lanes: a.store, Queue: a.store, Sender: a.sender,
		Jobs: webhook.NewJobSigner(key), Logger: a.Logger, Slots: a.Config.Delivery.Concurrency,
		Timeout: a.Config.Delivery.Timeout, Now: a.clock.Now, Grace: grace, Breaker: a.breaker(), SweepEvery: a.Pace.Sweep, Sent: sent, Gone: gone})
	a.replayWork = delivery.NewReplayer(delivery.ReplayerOptions{Jobs: a.store, Schedule: a.Config.Schedule, Now: a.clock.Now, Logger: a.Logger})
	a.replays = delivery.NewReplays(delivery.ReplaysOptions{Store: a.store, Receivers: a.store, Started: a.replayWork.Wake, Now: a.clock.Now,
		IdempotencyLife: a.Pace.IdempotencyKey})
	a.feed = delivery.NewFeed(a.store)
	a.feed.Now = a.clock.Now
	a.deliveries = delivery.NewService(delivery.ServiceOptions{Receivers: a.store, Queue: a.store, Held: a.store, Health: a.store, CheckURL: a.policy.CheckURL,
		Schedule: a.Config.Schedule, Now: a.clock.Now, EventBody: modelhunter.GenericBody, TestBody: modelhunter.EventBody})
}

func (a *App) breaker() delivery.Breaker {
	b := a.Pace.Breaker
	b.Misses, b.Off = a.Config.Delivery.Breaker, a.Config.Delivery.Breaker == 0
	return b
}

func (a *App) buildTasks(models *catalogue.Catalogue) {
	outcomes := task.Outcomes{Primary: modelhunter.EventBody, Schedule: a.Config.Schedule, Links: a.links, Faces: a.faceWebhooks()}
	a.endings = task.NewEndings()
	vendors := task.NewVendors()
	a.endings.OnStep(func() { a.flowWork.Wake() })
	a.taskWork = task.NewWorker(task.WorkerOptions{Lease: a.lease, Shared: a.store.Shared(), Runs: a.store, Ledger: a.store, Progress: a.store, Files: a.files, Inline: int64(a.Config.Inline), Inputs: a.uploads,
		Adapters: a.adapters, Catalogue: models, Outcomes: outcomes, Endings: a.endings, Vendors: vendors, Logger: a.Logger, Now: a.clock.Now, Fault: a.Fault})
	a.pulls = pull.New(pull.Options{Leases: a.store, Ends: a.store, Directory: a.store, Parts: a.store, Files: a.files, Inputs: a.uploads, Reports: a.store,
		Catalogue: models, Outcomes: &outcomes, Wait: time.Duration(a.Config.WorkerWait), Endings: a.endings, Logger: a.Logger, Now: a.clock.Now, Fault: a.Fault})
	created := func(adapter string) {
		a.taskWork.Created(adapter)
		a.pulls.Created(adapter)
	}
	a.tasks = task.NewService(task.ServiceOptions{Store: a.store, Inputs: a.uploads, Catalogue: models, Adapters: a.adapters,
		CheckURL: a.policy.CheckURL, Dev: a.Config.Dev, Now: a.clock.Now, IdempotencyLife: a.Pace.IdempotencyKey, Endings: a.endings, Vendors: vendors,
		Workers: a.store, Created: created, Cancelled: a.taskWork.Cancelled})
	a.batches = task.NewBatches(task.BatchesOptions{Tasks: a.tasks, Store: a.store, Queue: a.store, Body: modelhunter.BatchBody,
		Schedule: a.Config.Schedule, Logger: a.Logger})
	a.endings.OnBatch(a.batches.Wake)
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
