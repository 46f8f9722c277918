package muapi

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/taskhook/taskhook"
)

// uploadTime is how long an upload may take: 100 MB at 1.4 Mbit/s.
const uploadTime = 10 * time.Minute

// uploadedFile says where an uploaded file is, for the inputs of models.
type uploadedFile struct {
	URL string `json:"url"`
}

// upload answers POST /upload_file: a form with the part file.
func (f *Face) upload(w http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	form, err := r.MultipartReader()
	if err != nil {
		return nil, &taskhook.Error{Code: taskhook.CodeMissing, Field: "file", Message: "Send a form with the part file.", Err: err}
	}
	// Large files take longer than requests usually may. Where the connection has no
	// deadline there is none to put off.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime))
	part, err := filePart(form)
	if err != nil {
		return nil, err
	}
	defer part.Close()
	file, err := f.Files.Put(r.Context(), who.AccountID, taskhook.NewFile{Filename: part.FileName()}, part)
	if err != nil {
		w.Header().Set("Connection", "close") // the rest of the body is not worth reading
		return nil, ofFile(err)
	}
	return uploadedFile{f.FileLinks.PermanentLink(file)}, nil
}

// ofFile says of an error about the bytes that it is about the part with the file.
func ofFile(err error) error {
	bad, ok := errors.AsType[*taskhook.Error](err)
	if !ok || bad.Code != taskhook.CodeMalformed && bad.Code != taskhook.CodeInvalid {
		return err
	}
	return &taskhook.Error{Code: taskhook.CodeInvalid, Field: "file", Message: bad.Message, Err: err}
}

// filePart returns the part with the file, passing over others before it.
func filePart(form *multipart.Reader) (*multipart.Part, error) {
	const most = 20 // parts that are passed over
	for range most {
		part, err := form.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, &taskhook.Error{Code: taskhook.CodeMalformed, Field: "file", Message: "The form can't be read. Send it as multipart/form-data.", Err: err}
		}
		if part.FormName() == "file" {
			return part, nil
		}
		part.Close()
	}
	return nil, taskhook.FieldErrorf(taskhook.CodeMissing, "file", "file is required.")
}
