package worker

import (
	"net/http"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// route is one operation.
type route struct {
	method, path string
	request      any // zero value of the body's type, nil: there is no body
	response     any // zero value of the type of the answer's data
	summary      string
	handle       func(w http.ResponseWriter, r *http.Request, who taskhook.Identity) (data any, err error)
}

// bytesOf stands for a body that is bytes of an output.
type bytesOf struct{}

// base is below what path the API is.
const base = "/worker/v1"

// routes is the one table of the API: what is mounted, and what describes it.
func (f *Face) routes() []route {
	const (
		get, post, put = http.MethodGet, http.MethodPost, http.MethodPut

		lease  = base + "/leases/{lease}"
		output = lease + "/outputs/{output}"
	)
	return []route{
		{post, base + "/lease", client.LeaseRequest{}, client.Leased{}, "Ask for tasks", f.lease},
		{post, lease + "/heartbeat", client.Progress{}, client.Heartbeat{}, "Give a sign of life", f.heartbeat},
		{get, output, nil, client.Received{}, "Ask how much of an output has arrived", f.received},
		{put, output, bytesOf{}, client.Received{}, "Send an output, or the rest of it", f.receive},
		{post, lease + "/complete", client.Completion{}, client.LeaseStatus{}, "Tell that a task is done", f.complete},
		{post, lease + "/fail", client.Failed{}, client.LeaseStatus{}, "Tell that a task could not be done", f.fail},
		{post, lease + "/release", nil, client.LeaseStatus{}, "Give a task back", f.release},
		{post, base + "/drain", client.Drain{}, client.Drain{}, "Give a worker no more tasks", f.drain},
		{get, base + "/workers", nil, []client.WorkerInfo{}, "List workers", f.workers},
	}
}
