package worker

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/openapi"
	"github.com/taskhook/taskhook/internal/pull"
)

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }

func count(n uint64) *uint64 { return &n }

// wireTypes says what the types of the API mean.
func wireTypes(doc *openapi.Document) *openapi.Reflector {
	r := openapi.NewReflector(doc)
	r.Answer(client.Error{}, openapi.Fields{"": {Description: "Why a request failed."}, "code": {Description: "For programs."},
		"message": {Description: "For people: a sentence that says what to do."}, "details": {Description: "Which field is at fault, where one is."}})
	r.Answer(client.ErrorDetails{}, openapi.Fields{"": {Description: "More about an error."}, "field": {Description: "The field that is at fault."},
		"reason": {Description: "What is wrong with it."}, "oldestCursor": {Description: "Of no meaning here."}})
	leaseTypes(r)
	outcomeTypes(r)
	r.Request(client.Drain{}, openapi.Fields{"": {Description: "A worker that is to get no more."}, "worker": {Description: "What it is called."}})
	r.Answer(client.WorkerInfo{}, openapi.Fields{
		"":           {Description: "A worker that was lately heard of."},
		"worker":     {Description: "What it is called."},
		"pool":       {Description: "Where it fetches from."},
		"models":     {Description: "What it takes; none: all of the pool."},
		"labels":     {Description: "For tasks with a pin."},
		"version":    {Description: "Of the program, as it says itself."},
		"capacity":   {Description: "Tasks at a time."},
		"leases":     {Description: "How many tasks it has now."},
		"draining":   {Description: "It gets no more."},
		"started_at": {Description: "When it first asked under its present `session`."},
		"seen_at":    {Description: "When it was last heard of."},
	})
	return r
}

func leaseTypes(r *openapi.Reflector) {
	seconds := openapi.Schema{Description: "How often to give a sign of life from now on, in seconds.", ExclusiveMinimum: "0"}
	r.Request(client.LeaseRequest{}, openapi.Fields{
		"":         {Description: "Who asks, and for what."},
		"worker":   {Description: "What the worker is called, alone among all.", Pattern: `^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`},
		"session":  {Description: "One start of the program: a new one ends a drain.", Pattern: `^\S*$`},
		"pool":     {Description: "Where to fetch from: of models of `adapter: worker:NAME` the name.", Default: taskhook.DefaultPool, Pattern: `^\S*$`},
		"models":   {Description: "`NAME` or `PROVIDER/NAME`; without it all of the pool.", Items: &openapi.Schema{Type: "string", Pattern: `^\S*$`}},
		"labels":   {Description: "For tasks with a pin, such as `gpu`: `a100`."},
		"version":  {Description: "Of the program, for people.", MaxLength: count(taskhook.MaxWorkerVersion)},
		"capacity": {Description: "Tasks at a time; 0 is 1.", Minimum: "0", Maximum: number(pull.MaxCapacity)},
		"free":     {Description: "Tasks wanted now, without it `capacity`; 0 only shows that the worker is there.", Minimum: "0", Maximum: number(pull.MaxCapacity)},
		"wait":     {Description: "Seconds to wait while there is none.", Minimum: "0", Maximum: number(int(pull.MaxWait / time.Second))},
	})
	r.Answer(client.Leased{}, openapi.Fields{
		"":         {Description: "Tasks, or none."},
		"leases":   {Description: "What the worker has now, besides what it had."},
		"draining": {Description: "There will be no more: finish what there is, and end."},
	})
	r.Answer(client.Lease{}, openapi.Fields{
		"":           {Description: "A task that a worker has."},
		"lease":      {Description: "Names the lease in all other calls; a secret of the worker."},
		"task":       {Description: "The id of the task."},
		"attempt":    {Description: "The number of the try, from 1; more: others failed or were lost.", Minimum: "1"},
		"provider":   {Description: "Under whose name the model stands."},
		"model":      {Description: "The model."},
		"capability": {Description: "What is asked of it."},
		"type":       {Description: "What comes of it: `video`, `image`, `audio` and so on."},
		"input":      {Description: "What the client sent, with links to its files.", Type: "object"},
		"expires_at": {Description: "When another may get the task, if nothing is heard until then."},
		"deadline":   {Description: "When the model's time is over."},
		"heartbeat":  seconds,
	})
	r.Request(client.Progress{}, openapi.Fields{"": {Description: "How far a task is."}, "progress": {Description: "In percent; what falls is dropped.", Minimum: "0", Maximum: "100"}})
	r.Answer(client.Heartbeat{}, openapi.Fields{
		"":           {Description: "How a lease stands."},
		"status":     {Description: "`continue`, or else stop: the task was `cancelled`, has `ended`, or is `lost` to another.", Enum: openapi.Enum(pull.GoOn, pull.Cancelled, pull.Ended, pull.Lost)},
		"expires_at": {Description: "When another may get the task, if nothing is heard until then."},
		"heartbeat":  seconds,
		"draining":   {Description: "There will be no other task."},
	})
}

func outcomeTypes(r *openapi.Reflector) {
	r.Answer(client.Received{}, openapi.Fields{"": {Description: "How much of an output is on disk."}, "offset": {Description: "Bytes; where to go on.", Minimum: "0"}})
	r.Request(client.Completion{}, openapi.Fields{"": {Description: "What a task has brought."},
		"outputs": {Description: "In order.", MinItems: count(1), MaxItems: count(pull.MaxOutputs)}})
	r.Request(client.Output{}, openapi.Fields{
		"":       {Description: "An output that was sent."},
		"name":   {Description: "Of the file, such as `cat.png`; its ending decides where the bytes leave the format open."},
		"size":   {Description: "Bytes.", Minimum: "1"},
		"sha256": {Description: "Of the bytes, in hex.", Pattern: `^[0-9A-Fa-f]{64}$`},
		"nsfw":   {Description: "What a safety check has found, if there was one."},
	})
	r.Request(client.Failed{}, openapi.Fields{
		"":          {Description: "Why a try failed."},
		"message":   {Description: "A sentence for the user; of more than 500 characters the first ones are kept."},
		"permanent": {Description: "No other try could do better."},
	})
	r.Answer(client.LeaseStatus{}, openapi.Fields{"": {Description: "The lease is over."}, "status": {Description: "How it stands.", Enum: openapi.Enum(client.LeaseEnded)}})
}

const (
	exampleLease = "lease_06hhgq2g01r016evsnpspzjf44"
	exampleTask  = "task_06hhgq2g01r013ngefkvs63ysc"
)

func exampleTime(after time.Duration) time.Time {
	return time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC).Add(after)
}

func exampleAsk() client.LeaseRequest {
	return client.LeaseRequest{Worker: "gpu-1", Session: "5c1f", Models: []string{"painter"}, Labels: map[string]string{"gpu": "a100"}, Version: "worker.py", Capacity: 1, Wait: 30}
}

func exampleLeased() client.Lease {
	return client.Lease{ID: exampleLease, Task: exampleTask, Attempt: 1, Provider: "mine", Model: "painter", Capability: "text-to-image", Type: "image",
		Input: json.RawMessage(`{"prompt":"a red fox"}`), ExpiresAt: exampleTime(time.Minute), Deadline: exampleTime(10 * time.Minute), Heartbeat: 10}
}

func exampleHeartbeat() client.Heartbeat {
	return client.Heartbeat{Status: client.LeaseContinue, ExpiresAt: exampleTime(time.Minute), Heartbeat: 10}
}

func exampleCompletion() client.Completion {
	return client.Completion{Outputs: []client.Output{{Name: "fox.png", Size: 48213,
		SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}}}
}

func exampleWorker() client.WorkerInfo {
	return client.WorkerInfo{Worker: "gpu-1", Pool: taskhook.DefaultPool, Models: []string{"painter"}, Labels: map[string]string{"gpu": "a100"},
		Version: "worker.py", Capacity: 1, Leases: 1, StartedAt: exampleTime(0), SeenAt: exampleTime(time.Minute)}
}
