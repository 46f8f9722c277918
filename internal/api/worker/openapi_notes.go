package worker

import (
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/api/envelope"
)

// note is what the document says of a route besides what the route table does.
type note struct {
	id, tag, text   string
	failures        []envelope.Failure // besides the usual ones
	request, answer any                // examples
}

const (
	tagLeases  = "Leases"
	tagWorkers = "Workers"
)

// operationNotes returns the notes of all routes by method and path.
func operationNotes() map[string]note {
	const lease = base + "/leases/{lease}"
	conflict := []envelope.Failure{over}
	ended := client.LeaseStatus{Status: client.LeaseEnded}
	return map[string]note{
		"POST " + base + "/lease": {id: "leaseTasks", tag: tagLeases, request: exampleAsk(), answer: client.Leased{Leases: []client.Lease{exampleLeased()}},
			text: "Answers at once when there are tasks, and else waits for one up to `wait` seconds; an answer without tasks is no error. Ask again then."},
		"POST " + lease + "/heartbeat": {id: "heartbeat", tag: tagLeases, request: client.Progress{Progress: 40}, answer: exampleHeartbeat(),
			text: "Say so every `heartbeat` seconds until the task's end is told, also while outputs are sent, or sooner when there is progress to tell. That a lease is over is an answer here, not an error: work goes on only while `status` is `continue`."},
		"GET " + lease + "/outputs/{output}": {id: "outputOffset", tag: tagLeases, answer: client.Received{Offset: 4096}, failures: []envelope.Failure{over, badOutput},
			text: "Ask before an output is sent, and again when the connection broke."},
		"PUT " + lease + "/outputs/{output}": {id: "sendOutput", tag: tagLeases, answer: client.Received{Offset: 48213}, failures: []envelope.Failure{misplaced, badOutput, outputTooLarge},
			text: "In one request or many; each byte that is acknowledged is on disk. An output may be of any length, as long as something of it comes every minute."},
		"POST " + lease + "/complete": {id: "completeTask", tag: tagLeases, request: exampleCompletion(), answer: ended, failures: conflict,
			text: "Each output must have arrived, with this size and SHA-256. The task has succeeded then, and its webhook is on its way."},
		"POST " + lease + "/fail": {id: "failTask", tag: tagLeases, request: client.Failed{Message: "The prompt is empty.", Permanent: true}, answer: ended, failures: conflict,
			text: "The message of a permanent failure is the task's error. After others the task is tried again, three times in all."},
		"POST " + lease + "/release": {id: "releaseTask", tag: tagLeases, answer: ended, failures: conflict,
			text: "As if it had not been taken: it does not count as a try."},
		"POST " + base + "/drain": {id: "drainWorker", tag: tagWorkers, request: client.Drain{Worker: "gpu-1"}, answer: client.Drain{Worker: "gpu-1"}, failures: []envelope.Failure{noWorker},
			text: "Until it asks with another `session`. What it has it finishes."},
		"GET " + base + "/workers": {id: "listWorkers", tag: tagWorkers, answer: []client.WorkerInfo{exampleWorker()},
			text: "Those that were heard of in the last week, by name."},
	}
}
