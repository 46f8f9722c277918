package modelhunter

import (
	"net/http"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// uploadTime is how long an upload may take: 100 MB at 1.4 Mbit/s.
const uploadTime = 10 * time.Minute

// receivedFile answers an upload.
type receivedFile struct {
	ID        string `json:"id"`
	SizeBytes int64  `json:"size_bytes"`
}

// UploadHandler returns the handler of the addresses that uploads are sent to,
// whose path has the element file_id. It asks for no key: the address is the
// permission.
func (f *Face) UploadHandler() http.Handler {
	return httpserver.Recover(f.Log, http.HandlerFunc(f.fault), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := f.upload(w, r); err != nil {
			w.Header().Set("Connection", "close") // the rest of the body is not worth reading
			f.writeError(w, r, err)
		}
	}))
}

// upload answers PUT {upload_url}.
func (f *Face) upload(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPut {
		w.Header().Set("Allow", http.MethodPut)
		return taskhook.Errorf(taskhook.CodeMethod, "This address takes the bytes of a file, with PUT.")
	}
	id, err := fileID(r)
	if err != nil {
		return err
	}
	if err := httpserver.RefuseCompressed(r.Header, "upload"); err != nil {
		return err
	}
	file, err := f.Uploads.Open(r.Context(), id, r.URL.Query(), r.Header.Get("Content-Type"), r.ContentLength)
	if err != nil {
		return err
	}
	// Large files take longer than requests usually may. Where the connection has no
	// deadline there is none to put off.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime))
	if err := f.Uploads.Receive(r.Context(), file, http.MaxBytesReader(w, r.Body, file.Size+1)); err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, receivedFile{ID: file.ID, SizeBytes: file.Size})
}
