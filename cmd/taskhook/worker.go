//go:build unix

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/provider/command"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/worker"
)

type workerCommand struct {
	Run   workerRunCommand   `cmd:"" default:"withargs" help:"Fetch tasks and run a program for each."`
	List  workerListCommand  `cmd:"" help:"List the workers that the server has lately heard of."`
	Drain workerDrainCommand `cmd:"" help:"Have a worker finish what it has, and end."`
}

type workerRunCommand struct {
	Command  string   `required:"" placeholder:"LINE" help:"Program to run for each task, with arguments; no shell reads it. It gets the input as JSON on its standard input."`
	Models   []string `placeholder:"NAMES" help:"Models to fetch tasks of: NAME or PROVIDER/NAME, separated by commas. Default: all of the pool."`
	Capacity int      `default:"1" help:"Tasks at a time."`
	Outputs  []string `name:"output" default:"*" help:"Results: names or patterns of files that the program makes in its working folder, or stdout; can be repeated."`
	Stdin    string   `default:"{{.Input}}" help:"What the program reads, as a template."`
	Env      []string `placeholder:"NAME[=VALUE]" help:"Variables to hand to the program besides PATH, HOME and the like; can be repeated."`
	Name     string   `placeholder:"NAME" help:"What the worker is called. Default: the name of this machine."`
	Label    []string `placeholder:"KEY=VALUE" help:"Label that tasks can ask for, such as gpu=a100; can be repeated."`
	Pool     string   `placeholder:"NAME" help:"Pool of models to fetch from. Default: that of the adapter worker."`
	Scratch  string   `placeholder:"DIR" help:"Directory for working folders. Default: one for the worker's name in the cache directory of the user."`
	remoteFlags
}

// Run works until a signal, and then finishes what is under way; a second signal gives
// that back.
func (cmd *workerRunCommand) Run(ctx context.Context, c *console) error {
	r, err := cmd.connect(c)
	if err != nil {
		return err
	}
	ask, err := cmd.ask()
	if err != nil {
		return usageError{err}
	}
	program, err := cmd.program(c)
	if err != nil {
		return usageError{err}
	}
	scratch, err := cmd.scratch()
	if err != nil {
		return err
	}
	lock, err := store.LockDir(scratch)
	if _, locked := errors.AsType[*store.LockedError](err); locked {
		return fmt.Errorf("another worker called %s runs on this machine: give this one another --name", ask.Worker)
	}
	if err != nil {
		return err
	}
	defer lock.Release()
	folders := filepath.Join(scratch, "runs")
	if err := command.Reap(ctx, folders); err != nil {
		return err
	}
	adapter, err := command.New(filepath.Base(program.Command[0]), program, command.Options{Scratch: folders, Env: config.ProgramEnvironment()})
	if err != nil {
		return usageError{err}
	}
	server, err := cmd.workers(c)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(c.stderr, nil))
	log.Info("fetching tasks", "server", r.server, "worker", ask.Worker, "models", strings.Join(ask.Models, ","), "capacity", ask.Capacity)
	ctx, hurry, stop := twoSignals(ctx)
	defer stop()
	if err := worker.New(worker.Options{Server: server, Adapter: adapter, Ask: ask, Logger: log}).Run(ctx, hurry); err != nil {
		return r.explain(err)
	}
	return nil
}

// twoSignals returns contexts that end with the first and the second signal.
func twoSignals(ctx context.Context) (first, second context.Context, stop func()) {
	first, cancelFirst := context.WithCancel(ctx)
	second, cancelSecond := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		for _, cancel := range []func(){cancelFirst, cancelSecond} {
			select {
			case <-signals:
				cancel()
			case <-second.Done():
				return
			}
		}
		signal.Stop(signals) // a third ends the program at once
	}()
	return first, second, func() {
		signal.Stop(signals)
		cancelFirst()
		cancelSecond()
	}
}

// ask is what the server is asked with.
func (cmd *workerRunCommand) ask() (client.LeaseRequest, error) {
	ask := client.LeaseRequest{Worker: cmd.Name, Session: rand.Text(), Pool: cmd.Pool, Models: cmd.Models, Capacity: cmd.Capacity,
		Version: "taskhook " + version(buildInfo()), Labels: map[string]string{}}
	if ask.Worker == "" {
		host, err := os.Hostname()
		if err != nil {
			return ask, fmt.Errorf("find the name of this machine: %w", err)
		}
		ask.Worker = host
	}
	if !taskhook.ValidWorkerName(ask.Worker) {
		return ask, fmt.Errorf("--name %s can't be used: letters, digits and . _ - are", safe(ask.Worker))
	}
	if cmd.Capacity < 1 || cmd.Capacity > 100 {
		return ask, errors.New("--capacity must be from 1 to 100")
	}
	for _, label := range cmd.Label {
		if !taskhook.ValidLabel(label) {
			return ask, fmt.Errorf("--label %s is not of the form gpu=a100", safe(label))
		}
		key, value, _ := strings.Cut(label, "=")
		ask.Labels[key] = value
	}
	return ask, nil
}

// program is the command as the adapter takes it. It runs in a folder of its own, so
// files of this one that its arguments name get their whole path.
func (cmd *workerRunCommand) program(c *console) (command.Config, error) {
	p := command.Config{Stdin: cmd.Stdin, Outputs: cmd.Outputs, Concurrency: cmd.Capacity, Timeout: 30 * 24 * time.Hour, Env: map[string]string{}}
	var err error
	if p.Command, err = splitWords(cmd.Command); err != nil {
		return p, fmt.Errorf("--command %w", err)
	}
	for i, word := range p.Command {
		if i == 0 && !strings.Contains(word, "/") {
			continue
		}
		if _, err := os.Stat(word); err == nil && word != "." {
			if p.Command[i], err = filepath.Abs(word); err != nil {
				return p, fmt.Errorf("find %s: %w", safe(word), err)
			}
		}
	}
	for _, variable := range cmd.Env {
		name, value, given := strings.Cut(variable, "=")
		if !given {
			value, _ = c.env(name)
		}
		p.Env[name] = value
	}
	return p, nil
}

func (cmd *workerRunCommand) scratch() (string, error) {
	if cmd.Scratch != "" {
		return filepath.Abs(cmd.Scratch)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a directory for working folders; give one with --scratch: %w", err)
	}
	name := cmd.Name
	if name == "" {
		name = "default"
	}
	return filepath.Join(cache, "taskhook", "worker-"+name), nil
}
