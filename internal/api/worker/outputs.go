package worker

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// silence is how long nothing may come of an output before it counts as cut off.
const silence = time.Minute

// received answers GET /leases/{lease}/outputs/{output}.
func (f *Face) received(_ http.ResponseWriter, r *http.Request, _ taskhook.Identity) (any, error) {
	output, err := outputOf(r)
	if err != nil {
		return nil, err
	}
	offset, err := f.Outputs.Received(r.Context(), r.PathValue("lease"), output)
	return client.Received{Offset: offset}, err
}

// receive answers PUT /leases/{lease}/outputs/{output}?offset=N, whose body is bytes of
// the output from there on.
func (f *Face) receive(w http.ResponseWriter, r *http.Request, _ taskhook.Identity) (any, error) {
	output, err := outputOf(r)
	if err == nil {
		err = httpserver.RefuseCompressed(r.Header, "output")
	}
	if err != nil {
		return nil, err
	}
	offset, err := strconv.ParseInt(r.URL.Query().Get("offset"), 10, 64)
	if err != nil || offset < 0 {
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "offset", "offset must be the number of bytes of the output that have arrived; GET at this address tells it.")
	}
	offset, err = f.Outputs.Receive(r.Context(), r.PathValue("lease"), output, offset, &slow{w, r.Body})
	if err != nil {
		w.Header().Set("Connection", "close") // the rest of the body is not worth reading
	}
	return client.Received{Offset: offset}, err
}

func outputOf(r *http.Request) (int, error) {
	output, err := strconv.Atoi(r.PathValue("output"))
	if err != nil || output < 0 {
		return 0, taskhook.FieldErrorf(taskhook.CodeInvalid, "output", "Outputs are numbered from 0.")
	}
	return output, nil
}

// slow reads a body of whatever length, as long as something comes.
type slow struct {
	w    http.ResponseWriter
	body io.Reader
}

func (s *slow) Read(p []byte) (int, error) {
	patient(s.w, silence)
	return s.body.Read(p)
}

// drain answers POST /drain.
func (f *Face) drain(w http.ResponseWriter, r *http.Request, _ taskhook.Identity) (any, error) {
	var d client.Drain
	if err := read(w, r, &d); err != nil {
		return nil, err
	}
	return d, f.Workers.Drain(r.Context(), d.Worker)
}

// workers answers GET /workers.
func (f *Face) workers(_ http.ResponseWriter, r *http.Request, _ taskhook.Identity) (any, error) {
	list, err := f.Workers.Workers(r.Context())
	out := []client.WorkerInfo{}
	for _, w := range list {
		out = append(out, renderWorker(w))
	}
	return out, err
}
