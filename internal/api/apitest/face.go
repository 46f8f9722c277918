package apitest

import (
	"cmp"
	"encoding/json"
	"net/http"
)

// Face says how one API words what the scenarios ask for. An empty key stands for a
// request without any.
type Face struct {
	Name   string
	Submit func(key string, j Job) Call
	Send   func(key, body string) Call // a submission with a body of any form
	Poll   func(key, id string) Call
	Cancel func(key, id string) Call

	Answer  func(body []byte) (Answer, error) // reads that to a submission or a poll
	Webhook func(body []byte) (Answer, error) // reads what the receiver named with a task is sent

	Refusals map[Reason]Refusal
	Lacks    map[string]Words // why a scenario, by its name, is not for this API
}

// Job is what is asked for: a small image that the sandbox makes.
type Job struct {
	Seconds  float64 // that making it takes
	Fail     string  // the sentence to fail with, if any
	Webhook  string  // the receiver, if any
	Echo     string  // what is to come back with the outcome, if the API gives anything back
	Once     string  // the idempotency key, if the API has any
	NoPrompt bool    // what is required is absent
	Steering string  // the member of the input that steers the sandbox; empty: "sandbox"
}

// Call is a request.
type Call struct {
	Method, Path string // the path is below the base URL
	Body         string
	Header       http.Header
}

// Answer is what an API says of a task.
type Answer struct {
	ID     string
	State  State
	Links  []string // to the results
	Reason string   // of a failure
	Echo   string
}

// State is how a task stands, as far as all APIs tell.
type State int

// How a task stands.
const (
	Unfinished State = iota
	Succeeded
	Failed
	Cancelled
)

// Refusal is how an API says no: with the status, and with the text in the body.
type Refusal struct {
	Status int
	Says   string
}

// Words are a sentence of a document of this repository.
type Words struct{ Document, Sentence string }

// object is a JSON object.
type object map[string]any

// text writes an object, all of whose values can be written.
func (o object) text() string {
	text, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// put sets a member that is not empty.
func (o object) put(name, value string) {
	if value != "" {
		o[name] = value
	}
}

// steered adds what steers the sandbox.
func (o object) steered(j Job) object {
	sandbox := object{"seconds": j.Seconds}
	sandbox.put("fail", j.Fail)
	o[cmp.Or(j.Steering, "sandbox")] = sandbox
	if !j.NoPrompt {
		o["prompt"] = "a cat"
	}
	return o
}
