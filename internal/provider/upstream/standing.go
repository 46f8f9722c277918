package upstream

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/itchyny/gojq"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

// state is what a definition makes of an API's word.
type state string

const (
	queued    state = "queued"
	running   state = "running"
	succeeded state = "succeeded"
	failed    state = "failed"
	cancelled state = "cancelled"
)

func states() []state { return []state{queued, running, succeeded, failed, cancelled} }

func (s state) final() bool { return s == succeeded || s == failed || s == cancelled }

// standing is how work stands, as an answer tells. The zero value knows nothing.
type standing struct {
	state   state
	percent int
	outputs []output
	message string // of work that failed, for the user
}

// output is where a result is: one of link and inline.
type output struct {
	link   string
	inline []byte
	name   string
	safety taskhook.Safety
}

// read finds in an answer how the work stands.
func (a *Adapter) read(ctx context.Context, in any, s *scope) (*standing, error) {
	word, err := a.program.state.text(ctx, in, s)
	if err != nil {
		return nil, fmt.Errorf("find the state: %w", err)
	}
	found := &standing{state: a.meaning(word)}
	switch found.state {
	case succeeded:
		found.outputs, err = a.readOutputs(ctx, in, s)
	case failed:
		found.message = a.message(ctx, in, s)
	default:
		var percent string
		percent, err = a.program.progress.text(ctx, in, s)
		if n, bad := strconv.ParseFloat(percent, 64); bad == nil {
			found.percent = int(n)
		}
	}
	return found, err
}

func (a *Adapter) meaning(word string) state {
	if a.program.state == nil {
		return succeeded
	}
	return state(cmp.Or(a.program.States[word], a.program.States["*"], string(running)))
}

// message is what the user is told of a failure.
func (a *Adapter) message(ctx context.Context, in any, s *scope) string {
	text, err := a.program.failure.text(ctx, in, s)
	if err != nil || text == "" {
		return "The provider could not do the work, and did not say why."
	}
	return "The provider answered: " + a.redact(text)
}

func (a *Adapter) readOutputs(ctx context.Context, in any, s *scope) ([]output, error) {
	values, err := a.program.outputs.all(ctx, in, s)
	if err != nil {
		return nil, fmt.Errorf("find the results: %w", err)
	}
	var list []output
	for _, v := range values {
		o, err := readOutput(v)
		if err != nil {
			return nil, fmt.Errorf("read result %d: %w", len(list)+1, err)
		}
		if o != nil {
			list = append(list, *o)
		}
	}
	return list, nil
}

// accepted says what the answer to a submission means for asking again: nil when
// the work was taken on.
func (a *Adapter) accepted(ctx context.Context, got *answer, heard bool, err error, s *scope) error {
	switch {
	case err != nil && heard:
		return &provider.Unclear{Err: err}
	case err != nil:
		return &provider.Unreached{Err: err}
	case got.status/100 == 2:
		return nil
	case slices.Contains(a.program.Busy, got.status):
		return &provider.Refused{After: got.retryAfter(time.Now()), Err: fmt.Errorf("the provider is busy: %s", a.excerpt(got))}
	case got.status/100 == 4 && got.status != http.StatusRequestTimeout:
		return a.refusal(ctx, got, s)
	}
	return &provider.Unclear{Err: fmt.Errorf("the provider answered with %s", a.excerpt(got))}
}

// refusal is the failure of work that the API will not do.
func (a *Adapter) refusal(ctx context.Context, got *answer, s *scope) error {
	f := &provider.Failure{Untaken: true, Code: taskhook.TaskErrorProvider, Err: fmt.Errorf("the provider answered with %s", a.excerpt(got))}
	switch got.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		f.Message = fmt.Sprintf("The provider does not accept this server's credentials (status %d).", got.status)
	default:
		f.Message = a.message(ctx, got.json, s)
	}
	return f
}

// readOutput reads what the expression for results yields; null is none.
func readOutput(v any) (*output, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		return linked(v, output{})
	case map[string]any:
		o := output{}
		if name, ok := v["name"].(string); ok {
			o.name = name
		}
		if nsfw, ok := v["nsfw"].(bool); ok {
			o.safety = taskhook.SafetySafe
			if nsfw {
				o.safety = taskhook.SafetyFlagged
			}
		}
		if text, ok := v["text"].(string); ok {
			o.inline, o.name = []byte(text), cmp.Or(o.name, "text.txt")
			return &o, nil
		}
		if encoded, ok := v["base64"].(string); ok {
			return decoded(encoded, o)
		}
		if link, ok := v["url"].(string); ok {
			return linked(link, o)
		}
	}
	return nil, fmt.Errorf("a value of type %s is neither a link nor an object with url, base64 or text", gojq.TypeOf(v))
}
