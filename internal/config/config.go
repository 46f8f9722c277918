package config

import (
	"time"

	"github.com/taskhook/taskhook"
)

// Config is everything that an operator can set. The tags are those of the flags:
// name, help and default also serve the environment, the file and docs/config.md.
// A field marked kong:"-" can't be a flag, since flags are visible to other users
// of the machine.
type Config struct {
	Location

	Listen       string `name:"listen" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to listen at; port 0 takes a free one."`
	PublicURL    string `name:"public-url" placeholder:"URL" help:"URL under which clients and receivers reach this server; links start with it. Default: derived from listen."`
	Dev          bool   `name:"dev" help:"For a development machine: receivers may be plain http, on any port and on private addresses, and the sandbox answers live keys."`
	DevListenAny bool   `name:"dev-listen-any" help:"Accept dev together with a listen address that other machines reach, as in a container."`

	LogLevel  string `name:"log-level" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: debug, info, warn or error."`
	LogFormat string `name:"log-format" default:"text" enum:"text,json" help:"Form of the log lines: text or json."`

	BootstrapKey  Secret `kong:"-" name:"bootstrap-key" help:"API key of the first account, of any form with at least 32 characters. Without it the first start makes a key and prints it once. Another value adds a key; the one before stays valid until it is revoked."`
	OperatorToken Secret `kong:"-" name:"operator-token" help:"Token that signs in to the dashboard for all accounts, of at least 32 characters. Without it only API keys sign in, each to its own account."`
	SecretKey     Secret `kong:"-" name:"secret-key" help:"Master key that encrypts stored secrets, 32 random bytes in base64 or hex, used instead of the key file in the data directory. Losing it makes the stored secrets unreadable."`
	AcceptNewKey  bool   `name:"accept-new-key" help:"Start although the master key is another than that of the stored secrets, for one that is lost for good. Webhooks get nothing until their secrets are rotated."`

	MaxQueuedTasks int `name:"max-queued-tasks" default:"100000" placeholder:"N" help:"Unfinished tasks that an account may have; more are answered with 429. 0 does not limit them."`
	MaxBacklog     int `name:"max-backlog" default:"0" placeholder:"N" help:"Deliveries that have not arrived that an account may have; while it has as many, further tasks and events of its own are answered with 429. 0 does not limit them."`
	WorkerWait     Age `name:"worker-wait" default:"1d" placeholder:"TIME" help:"How long a task may wait for a worker to fetch it before it fails with NO_WORKER, unless the catalogue says otherwise of its model: 1d, 90m, or 0 for ever."`
	RateLimit      int `name:"rate-limit" default:"0" placeholder:"N" help:"Requests that an API key may make in a second, and twice as many in a burst; more are answered with 429. 0 does not limit them."`

	Schedule       taskhook.Schedule `name:"schedule" default:"1m,5m,30m" placeholder:"DELAYS" help:"Delays before the second, third and further attempts to deliver to a registered endpoint."`
	PerJobSchedule taskhook.Schedule `name:"per-job-schedule" placeholder:"DELAYS" help:"The same for a webhook URL given with a task. Default: one attempt, as the APIs spoken promise no more."`

	WorkflowSchedule taskhook.Schedule `name:"workflow-schedule" default:"1m,2m,4m" placeholder:"DELAYS" help:"The same for the webhook URL of a workflow."`

	Delivery    Delivery    `embed:"" prefix:"delivery-"`
	ModelHunter ModelHunter `embed:"" prefix:"modelhunter-"`
	ModelsLab   ModelsLab   `embed:"" prefix:"modelslab-"`
	Muapi       Muapi       `embed:"" prefix:"muapi-"`

	Files string `name:"files" placeholder:"DIR" help:"Directory of results and uploaded files, when there is no bucket: servers that share a PostgreSQL database share it. Default: the data directory."`

	Inline Size `name:"inline" default:"16kB" placeholder:"SIZE" help:"Results up to this size are stored in the database with their task, which is faster than a file for each. 0: all are files."`

	Posters string `name:"posters" default:"auto" enum:"auto,off" help:"A still picture of each video that a task makes, which the dashboard shows before it is played: auto makes them where ffmpeg is installed, after the outcome was told."`

	S3    S3    `embed:"" prefix:"s3-"`
	Alert Alert `embed:"" prefix:"alert-"`

	Retention Retention `embed:"" prefix:"retention-"`

	Allow []string `name:"allow" placeholder:"RECEIVER" help:"Private receivers that may be sent to: a host name, an address or a network such as 10.0.0.0/8, with http:// before it to allow plain http too."`
	Ports []int    `name:"ports" placeholder:"PORT" help:"Ports of receivers that are allowed besides 443."`

	Catalogue []string `name:"catalogue" placeholder:"FILE" help:"Further files of models, laid over the built-in catalogue in turn."`

	Provider []string `name:"provider" placeholder:"FILE" help:"Files that describe upstream APIs and their models, or names of those that come with taskhook (see docs/providers.md)."`

	read      string            // the configuration file; empty: none
	sections  []Source          // of it
	extra     []Source          // the content of Catalogue
	upstreams []Source          // the content of Provider
	origins   map[string]string // where a field that is not default was set, by its name
}

// Location is where a command finds the server's data; commands beside serve take
// only these settings as flags. The URL of the database is a secret that may be
// given as a flag, for it need not hold a password.
type Location struct {
	File string `name:"config" yaml:"-" placeholder:"FILE" help:"YAML file with the settings."`
	Data string `name:"data" default:"./taskhook-data" placeholder:"DIR" help:"Data directory: database, results and the key file."`

	DatabaseURL Secret `name:"database-url" aliases:"database" placeholder:"URL" help:"PostgreSQL database to use instead of the one in the data directory: postgres://user:password@host:5432/database. As a flag also --database; other users of the machine see flags, so give a password by the variable, the file or ~/.pgpass."`
}

// Delivery sets how webhooks are sent.
type Delivery struct {
	Concurrency int           `name:"concurrency" default:"256" help:"Attempts under way at the same time, over all receivers."`
	Timeout     time.Duration `name:"timeout" default:"30s" help:"Time for a whole attempt, from connecting to the end of the answer."`
	Breaker     int           `name:"breaker" default:"20" help:"Attempts in a row that fail, over a minute or longer, before a receiver is left alone: one delivery at a time then finds out if it is back, the others wait and spend no attempts. 0: each keeps to its schedule whatever happens."`

	DisableAfter time.Duration `name:"disable-after" default:"120h" help:"Time of nothing but failure after which a registered endpoint is disabled, which its account is told of by events for its other endpoints, the first when four fifths are over. What it is owed is held. 0: never."`
	Gone         string        `name:"gone" default:"disable" enum:"disable,end" help:"What an answer of 410 does: disable the endpoint, or end only the delivery that it answers."`
}

// Alert says how the operator is told of endpoints that are or will be disabled.
type Alert struct {
	URL     string   `name:"url" placeholder:"URL" help:"Where the operator is told of endpoints that will be or are disabled: the body of the event is posted there."`
	Command []string `name:"command" placeholder:"PROGRAM" help:"Program and arguments, separated by commas, that tell the operator likewise; the body of the event is their standard input."`
}

// ModelHunter sets what is particular to the primary API.
type ModelHunter struct {
	Listen string   `name:"listen" placeholder:"HOST:PORT" help:"Further address to listen at, where only the primary API is reached. It is reached at listen too."`
	Hosts  []string `name:"hosts" placeholder:"HOST" help:"Host names under which only the primary API is reached. It is always reached below /modelhunter, and wherever no other is asked for."`
}

// ModelsLab sets what is particular to the API of ModelsLab.
type ModelsLab struct {
	Listen     string        `name:"listen" placeholder:"HOST:PORT" help:"Further address to listen at, where only the API of ModelsLab is reached. It is reached at listen too."`
	Hosts      []string      `name:"hosts" placeholder:"HOST" help:"Host names under which only the API of ModelsLab is reached. It is always reached below /modelslab, by the header key, and at the paths that it alone has."`
	ResultWait time.Duration `name:"result-wait" default:"5s" help:"How long its answer to a submission may wait for an image or a text; without a webhook only. 0 does not wait."`

	WorkflowRate int `name:"workflow-rate" default:"10" placeholder:"N" help:"Runs of a workflow that may be started through the API of ModelsLab in a minute; more are answered with 429. 0 does not limit them."`
}

// Muapi sets what is particular to the API of muapi.ai.
type Muapi struct {
	Listen   string            `name:"listen" placeholder:"HOST:PORT" help:"Further address to listen at, where only the API of muapi.ai is reached. It is reached at listen too."`
	Hosts    []string          `name:"hosts" placeholder:"HOST" help:"Host names under which only the API of muapi.ai is reached. It is always reached below /muapi, by the header x-api-key, and at the paths that it alone has."`
	Schedule taskhook.Schedule `name:"schedule" default:"10s,1m,6m" placeholder:"DELAYS" help:"Delays before the second, third and further attempts to deliver to a webhook URL given through this API."`
}
