//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/taskhook/taskhook/client"
)

type taskSubmitCommand struct {
	Target         string `arg:"" name:"provider/capability" help:"Whom to ask and for what: vidu/text-to-video."`
	Model          string `required:"" placeholder:"NAME" help:"The provider's name for the model."`
	Prompt         string `placeholder:"TEXT" help:"The member prompt of the input."`
	Input          string `placeholder:"JSON" help:"The input, an object of the provider's parameters: JSON, @file, or - for the standard input."`
	Metadata       string `placeholder:"JSON" help:"An object that is given back with the task: JSON or @file."`
	Webhook        string `placeholder:"URL" help:"Receiver of the outcome of this task only."`
	IdempotencyKey string `placeholder:"KEY" help:"Makes it safe to repeat the command: the same key with the same task is done once."`
	Priority       int    `help:"Of tasks that wait for workers: from -10 to 10, higher first among those of the account."`
	Pin            string `placeholder:"LABEL" help:"Label that the worker must have which gets the task, such as gpu=a100 or worker=NAME."`
	Watch          bool   `help:"Follow the task to its end; the exit status is 1 unless it succeeds."`
	remoteFlags
}

// Run submits a task.
func (cmd *taskSubmitCommand) Run(ctx context.Context, c *console) error {
	provider, capability, ok := strings.Cut(cmd.Target, "/")
	if !ok || provider == "" || capability == "" || strings.Contains(capability, "/") {
		return usageError{fmt.Errorf("%s does not say whom to ask and for what: write it like vidu/text-to-video", safe(cmd.Target))}
	}
	submission, err := cmd.submission()
	if err != nil {
		return err
	}
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		accepted, err := r.Submit(ctx, provider, capability, submission)
		if err != nil {
			return err
		}
		return r.accepted(ctx, accepted, cmd.Watch)
	})
}

func (cmd *taskSubmitCommand) submission() (s client.Submission, err error) {
	s = client.Submission{Model: cmd.Model, WebhookURL: cmd.Webhook, IdempotencyKey: cmd.IdempotencyKey, Input: json.RawMessage("{}"),
		Priority: cmd.Priority, Pin: cmd.Pin}
	if cmd.Input != "" {
		if s.Input, err = readJSON("input", cmd.Input); err != nil {
			return s, err
		}
	}
	if cmd.Prompt != "" {
		if s.Input, err = withPrompt(s.Input, cmd.Prompt); err != nil {
			return s, err
		}
	}
	if cmd.Metadata != "" {
		s.Metadata, err = readJSON("metadata", cmd.Metadata)
	}
	return s, err
}

// withPrompt adds the prompt to an input that has none.
func withPrompt(input json.RawMessage, prompt string) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(input, &members); err != nil || members == nil {
		return nil, usageError{errors.New("--input must be a JSON object for --prompt to be added to it")}
	}
	if _, ok := members["prompt"]; ok {
		return nil, usageError{errors.New("--input has a prompt already: leave out --prompt")}
	}
	text, err := json.Marshal(prompt)
	if err != nil {
		return nil, fmt.Errorf("write the prompt: %w", err)
	}
	members["prompt"] = text
	return json.Marshal(members)
}

// accepted tells of a task that was just made, or follows it.
func (r *remote) accepted(ctx context.Context, a client.AcceptedTask, watch bool) error {
	if watch {
		r.log.say("%s is accepted", a.ID)
		return r.watchTask(ctx, a.ID)
	}
	err := r.show(a, func() *sheet { return describeAccepted(time.Now(), a) })
	if err == nil && !r.json {
		r.log.say("`taskhook task watch %s` follows it", a.ID)
	}
	return err
}

func describeAccepted(now time.Time, a client.AcceptedTask) *sheet {
	s := &sheet{}
	s.add("task", "%s", a.ID)
	s.state("status", a.Status)
	s.add("model", "%s/%s", a.Provider, a.Model)
	s.add("type", "%s", a.Type)
	s.add("retry of", "%s", a.OriginalTaskID)
	s.time("created", now, a.CreatedAt)
	if a.EstimatedSeconds > 0 {
		s.add("takes", "about %s", rough(time.Duration(a.EstimatedSeconds)*time.Second))
	}
	return s
}
