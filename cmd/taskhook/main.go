//go:build unix

// Command taskhook is the server and the tool of its operator. This package owns
// the command line: what the subcommands are called, what they print, and the
// exit code (0 done, 1 failed, 2 the command or the configuration is wrong). It
// must not know how anything is done: internal/app runs the server.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"github.com/taskhook/taskhook/internal/bench"
	"github.com/taskhook/taskhook/internal/config"
)

// commands is the grammar, the most useful first.
type commands struct {
	Serve    serveCommand    `cmd:"" help:"Run the server."`
	Demo     demoCommand     `cmd:"" help:"Show what it does, on this machine and in a minute."`
	Task     taskCommand     `cmd:"" help:"Submit, follow and fetch tasks."`
	Batch    batchCommand    `cmd:"" help:"Submit many tasks of one model at once."`
	Endpoint endpointCommand `cmd:"" help:"Register and change the receivers of events."`
	Webhook  endpointCommand `cmd:"" hidden:"" help:"As endpoint."`
	Delivery deliveryCommand `cmd:"" help:"See what was sent to whom, and send it again."`
	Replay   replayCommand   `cmd:"" help:"Send many deliveries again."`
	Model    modelCommand    `cmd:"" help:"See what can be asked for."`
	Provider providerCommand `cmd:"" help:"Check and try descriptions of upstream APIs."`
	Worker   workerCommand   `cmd:"" help:"Fetch tasks from a server and run them on this machine, with a GPU of your own."`
	File     fileCommand     `cmd:"" help:"Upload inputs of tasks."`
	Workflow workflowCommand `cmd:"" help:"Run graphs of tasks."`
	Event    eventCommand    `cmd:"" help:"Publish events of your own."`
	Listen   listenCommand   `cmd:"" help:"Have events sent to this machine, without a tunnel."`
	Balance  balanceCommand  `cmd:"" help:"Show what the account has to spend."`
	Usage    usageCommand    `cmd:"" help:"Show how tasks ended and what they cost."`
	Key      keyCommand      `cmd:"" help:"Create, list and revoke API keys."`
	Account  accountCommand  `cmd:"" help:"List accounts, give them credit, and copy their results to buckets of their own."`
	Node     nodeCommand     `cmd:"" help:"See which servers work on the database."`
	Erase    eraseCommand    `cmd:"" help:"Remove all data of one account, task or user, and keep a receipt."`
	Config   configCommand   `cmd:"" help:"Show the settings in force and where each was set."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the database up to date with this program."`
	Bench    benchCommand    `cmd:"" help:"Measure this program on this machine."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

const description = "Runs asynchronous AI generation tasks and delivers their outcomes by signed webhooks, retried until they arrive."

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr, config.Environment()))
}

// console is what a command runs with.
type console struct {
	stdout, stderr io.Writer
	env            config.Env
	given          []string // the flags that stood on the command line
}

// load returns the configuration in force for a command with these flags.
func (c *console) load(flags config.Config) (*config.Config, error) {
	loaded, err := config.Load(&flags, c.given, c.env)
	if err != nil {
		return nil, usageError{err}
	}
	return loaded, nil
}

// usageError is a mistake of the one who called, who must change something before
// it makes sense to try again.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, env config.Env) int {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	c := &console{stdout: stdout, stderr: stderr, env: env}
	err := c.execute(ctx, args)
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "taskhook: %v\n", err)
	if _, usage := errors.AsType[usageError](err); usage {
		return 2
	}
	return 1
}

// runner is a subcommand.
type runner interface {
	Run(context.Context, *console) error
}

func (c *console) execute(ctx context.Context, args []string) error {
	asked, err := c.parse(args)
	if asked == nil || err != nil {
		return err
	}
	return asked.Run(ctx, c)
}

// parse returns what the command line asks for, nil when that was help. The parser
// with its model of all commands, 2 MB, is not to live as long as a server.
func (c *console) parse(args []string) (runner, error) {
	helped := false
	parser, err := kong.New(&commands{},
		kong.Name("taskhook"),
		kong.Description(description),
		kong.Writers(c.stdout, c.stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.ValueFormatter(flagHelp),
		kong.Vars{"scenarios": bench.About()},
		kong.Exit(func(int) { helped = true }),
	)
	if err != nil {
		return nil, fmt.Errorf("build the command line: %w", err)
	}
	parsed, err := parser.Parse(args)
	if helped {
		return nil, nil
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("%w; `taskhook --help` shows what there is", err)}
	}
	for _, step := range parsed.Path {
		if step.Flag != nil {
			c.given = append(c.given, step.Flag.Name)
		}
	}
	return parsed.Selected().Target.Addr().Interface().(runner), nil
}

// flagHelp adds default and environment variable to the help of a setting.
func flagHelp(v *kong.Value) string {
	if v.Flag == nil || !config.IsSetting(v.Flag.Name) {
		return v.Help
	}
	help := v.Help
	if v.HasDefault && v.Flag.PlaceHolder != "" {
		help += " Default: " + v.Default + "."
	}
	return fmt.Sprintf("%s [%s]", help, config.Variable(v.Flag.Name))
}
