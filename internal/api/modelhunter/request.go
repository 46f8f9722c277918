package modelhunter

import (
	"net/http"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// maxBody is the largest body that is read.
const maxBody = 1 << 20

// readBody returns the body of r, which must be JSON by its header, or have no
// header that says otherwise.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return httpserver.Body{Limit: maxBody, Advice: "Send files by their URL, and events in smaller batches.", OnlyJSON: true}.Read(w, r)
}

// readObject returns the body of r, which must not be empty.
func readObject(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := readBody(w, r)
	if err == nil && len(body) == 0 {
		err = taskhook.Errorf(taskhook.CodeMalformed, "The request has no body. Send a JSON object.")
	}
	return body, err
}

// The names of a path's elements that are ids.
const (
	pathID         = "id"
	pathDeliveryID = "delivery_id"
	pathReplayID   = "replay_id"
	pathFileID     = "file_id"
	pathKeyID      = "key_id"

	pathBatchID     = "batch_id"
	pathWorkflowID  = "workflow_id"
	pathExecutionID = "execution_id"
)

// idIn returns the id in the path. What can't be one is not found, like an id
// that nothing has.
func idIn(r *http.Request, name, prefix string, code taskhook.Code, noun string) (string, error) {
	id := r.PathValue(name)
	if !taskhook.HasIDForm(prefix, id) {
		return "", taskhook.Errorf(code, "There is no such %s in this account. The id of a %s looks like %s0abc.", noun, noun, prefix)
	}
	return id, nil
}

func taskID(r *http.Request) (string, error) {
	return idIn(r, pathID, taskhook.PrefixTask, taskhook.CodeTaskNotFound, "task")
}

func webhookID(r *http.Request) (string, error) {
	return idIn(r, pathID, taskhook.PrefixEndpoint, taskhook.CodeNotFound, "webhook")
}

func deliveryID(r *http.Request) (string, error) {
	return idIn(r, pathDeliveryID, taskhook.PrefixDelivery, taskhook.CodeNotFound, "delivery")
}

func replayID(r *http.Request) (string, error) {
	return idIn(r, pathReplayID, taskhook.PrefixReplay, taskhook.CodeNotFound, "replay")
}

func fileID(r *http.Request) (string, error) {
	return idIn(r, pathFileID, taskhook.PrefixFile, taskhook.CodeNotFound, "file")
}
