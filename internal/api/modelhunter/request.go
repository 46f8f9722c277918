package modelhunter

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/taskhook/taskhook"
)

// maxBody is the largest body that is read.
const maxBody = 1 << 20

// readBody returns the body of r, which must be JSON by its header, or have no
// header that says otherwise. No more than maxBody is read.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if err := checkMediaType(r.Header); err != nil {
		return nil, err
	}
	if r.ContentLength > maxBody {
		w.Header().Set("Connection", "close") // the rest is not worth reading
		return nil, tooLarge()
	}
	body, err := readAll(http.MaxBytesReader(w, r.Body, maxBody), r.ContentLength)
	if err == nil {
		return body, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge()
	}
	return nil, &taskhook.Error{Code: taskhook.CodeMalformed, Message: "The body ended before it was complete. Send it again.", Err: err}
}

// readAll reads a body in one piece where its length is known.
func readAll(body io.Reader, length int64) ([]byte, error) {
	if length < 0 {
		return io.ReadAll(body)
	}
	whole := make([]byte, length)
	_, err := io.ReadFull(body, whole)
	return whole, err
}

// readObject returns the body of r, which must not be empty.
func readObject(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := readBody(w, r)
	if err == nil && len(body) == 0 {
		err = taskhook.Errorf(taskhook.CodeMalformed, "The request has no body. Send a JSON object.")
	}
	return body, err
}

func tooLarge() error {
	return taskhook.Errorf(taskhook.CodeTooLarge, "The body is larger than 1 MB. Send files by their URL, and events in smaller batches.")
}

// checkMediaType refuses bodies that say that they are something else than JSON,
// among them those of curl -d without a header.
func checkMediaType(h http.Header) error {
	if encoding := h.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return taskhook.Errorf(taskhook.CodeMalformed, "The body is compressed. Send it without Content-Encoding.")
	}
	contentType := h.Get("Content-Type")
	if contentType == "" || contentType == "application/json" {
		return nil
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil || mediaType != "application/json" && !strings.HasSuffix(mediaType, "+json") {
		return taskhook.Errorf(taskhook.CodeMalformed, "The body must be JSON. Send it with the header Content-Type: application/json.")
	}
	return nil
}

// The names of a path's elements that are ids.
const (
	pathID         = "id"
	pathDeliveryID = "delivery_id"
	pathFileID     = "file_id"
	pathKeyID      = "key_id"

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

func fileID(r *http.Request) (string, error) {
	return idIn(r, pathFileID, taskhook.PrefixFile, taskhook.CodeNotFound, "file")
}
