package upstream

import (
	"time"
)

// Definition describes an API. As YAML:
//
//	url: https://api.example.com/v1
//	secrets: {token: EXAMPLE_TOKEN}
//	headers: {Authorization: 'Bearer \($secrets.token)'}
//	submit: {path: /jobs, body: '{model: $model} + .', handle: .id}
//	poll: {path: '/jobs/\($handle)'}
//	state: .status
//	states: {done: succeeded, error: failed, "*": running}
//	outputs: .files[].url
//	error: .message
//
// Texts (path, query, headers) are as they stand, but for \(…), which holds an
// expression. Expressions (body, handle, state, outputs …) are of the language jq;
// those that make a request see the task's input, the others the answer's JSON.
// $model, $provider, $capability, $task and $run say what is run, $handle by what
// name the API knows it, $handles those of a call for many, $callback where the
// API may tell that something has changed, $secrets the secrets. What is put into
// a path is escaped, but for slashes.
type Definition struct {
	// URL is what paths are appended to. Where it leads may be private, for the
	// operator has written it.
	URL string `yaml:"url" json:"url"`
	// Secrets are by name in the file: a variable of the environment, or "file:"
	// and a path.
	Secrets map[string]string `yaml:"secrets" json:"secrets,omitempty"`
	// Headers are sent with every call, and with the fetching of results from
	// the host of URL.
	Headers map[string]string `yaml:"headers" json:"headers,omitempty"`

	Submit Submit `yaml:"submit" json:"submit"`
	Poll   *Poll  `yaml:"poll" json:"poll,omitempty"` // nil: the answer to Submit has the result
	Cancel *Call  `yaml:"cancel" json:"cancel,omitempty"`

	// State says by the API's own word where the work stands, and States what the
	// words mean: queued, running, succeeded, failed or cancelled; "*" stands for
	// any other word, without it running. Without State an answer is of work that
	// has succeeded.
	State  string            `yaml:"state" json:"state,omitempty"`
	States map[string]string `yaml:"states" json:"states,omitempty"`
	// Progress says how much is done, from 0 to 100.
	Progress string `yaml:"progress" json:"progress,omitempty"`
	// Outputs are the results, each a link, or an object with one of url, base64
	// and text, and perhaps name and nsfw.
	Outputs string `yaml:"outputs" json:"outputs,omitempty"`
	// Error is what the user is told of work that failed, or was refused.
	Error string `yaml:"error" json:"error,omitempty"`

	// Busy are the statuses by which the API takes nothing on for now; without
	// them 429 and 503.
	Busy []int `yaml:"busy" json:"busy,omitempty"`
	// Concurrency is how much work the API has at once from one server; without
	// it, 1,000.
	Concurrency int `yaml:"concurrency" json:"concurrency,omitempty"`
	// Rate is how many calls are made in a second at most; 0 does not limit them.
	Rate float64 `yaml:"rate" json:"rate,omitempty"`
	// Timeout is how long a call may take; without it, 1 min.
	Timeout time.Duration `yaml:"timeout" json:"timeout,omitempty"`
	// MaxOutputBytes bounds each result; without it, 1 GiB.
	MaxOutputBytes int64 `yaml:"max_output_bytes" json:"max_output_bytes,omitempty"`
}

// Call is a request.
type Call struct {
	Method  string            `yaml:"method" json:"method,omitempty"` // without it POST with a body, and GET
	Path    string            `yaml:"path" json:"path"`
	Query   map[string]string `yaml:"query" json:"query,omitempty"` // texts; those that are empty are left out
	Headers map[string]string `yaml:"headers" json:"headers,omitempty"`
	Body    string            `yaml:"body" json:"body,omitempty"` // an expression; what it yields is sent as JSON
}

// Submit asks for work.
type Submit struct {
	Call `yaml:",inline"`
	// Idempotency is the header that takes our id of the run, by which the API
	// does what it is asked twice only once. Without it a call that broke off is
	// not repeated.
	Idempotency string `yaml:"idempotency" json:"idempotency,omitempty"`
	// Repeatable says that the API does so in another way, by $run in the path or in
	// the body, or that doing the work again costs nothing.
	Repeatable bool `yaml:"repeatable" json:"repeatable,omitempty"`
	// Handle is by what name the API knows the work.
	Handle string `yaml:"handle" json:"handle,omitempty"`
	// Binary says that the answer is itself the result.
	Binary bool `yaml:"binary" json:"binary,omitempty"`
}

// Poll looks how work stands.
type Poll struct {
	Call  `yaml:",inline"`
	Every time.Duration `yaml:"every" json:"every,omitempty"` // at most as often; without it, 2 s
	// Batch is how many are looked at by one call, which then uses $handles; each
	// Item of the answer is of one, and has its handle as the answer to Submit
	// has, unless Handle says otherwise.
	Batch  int    `yaml:"batch" json:"batch,omitempty"`
	Item   string `yaml:"item" json:"item,omitempty"`
	Handle string `yaml:"handle" json:"handle,omitempty"`
}

func (d Definition) withDefaults() Definition {
	if len(d.Busy) == 0 {
		d.Busy = []int{429, 503}
	}
	if d.Concurrency == 0 {
		d.Concurrency = 1000
	}
	if d.Timeout == 0 {
		d.Timeout = time.Minute
	}
	if d.MaxOutputBytes == 0 {
		d.MaxOutputBytes = 1 << 30
	}
	if d.Poll != nil {
		p := *d.Poll
		if p.Every == 0 {
			p.Every = 2 * time.Second
		}
		if p.Batch == 0 {
			p.Batch = 1
		}
		if p.Handle == "" {
			p.Handle = d.Submit.Handle
		}
		d.Poll = &p
	}
	return d
}
