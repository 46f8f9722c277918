package muapi

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// uploadTime is how long an upload may take: 100 MB at 1.4 Mbit/s.
const uploadTime = 10 * time.Minute

// uploadedFile says where an uploaded file is, for the inputs of models.
type uploadedFile struct {
	URL string `json:"url"`
}

// upload answers POST /upload_file: a form with the part file.
func (f *Face) upload(w http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	_, part, err := readForm(w, r)
	if err != nil {
		return nil, err
	}
	file, err := f.Files.Put(r.Context(), who.AccountID, taskhook.NewFile{Filename: part.FileName()}, part)
	if err != nil {
		return nil, ofFile(err)
	}
	w.Header().Del("Connection")
	return uploadedFile{f.Files.PermanentLink(file)}, nil
}

// uploadForm says how to upload a file without a key, in the words of S3: send a
// form to the URL, with the fields and then the part file.
type uploadForm struct {
	URL    string            `json:"url"`
	Fields map[string]string `json:"fields"`
}

// uploadForm answers GET /get_upload_url.
func (f *Face) uploadForm(_ http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	name := queryValue(r.URL.RawQuery, "filename")
	if name == "" {
		return nil, taskhook.FieldErrorf(taskhook.CodeMissing, inQuery+"filename", "filename is required.")
	}
	form, err := f.Files.Form(who.AccountID, name, time.Now())
	if bad, ok := errors.AsType[*taskhook.Error](err); ok {
		return nil, &taskhook.Error{Code: bad.Code, Field: inQuery + bad.Field, Message: bad.Message, Err: err}
	}
	return uploadForm(form), err
}

// FormHandler returns the handler of the address that such forms are sent to. It
// asks for no key: the fields are the permission.
func (f *Face) FormHandler() http.Handler {
	return httpserver.Recover(f.Log, http.HandlerFunc(f.fault), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fields, part, err := readForm(w, r)
		if err != nil {
			f.writeError(w, r, err)
			return
		}
		file, err := f.Files.ReceiveForm(r.Context(), fields, part)
		if err != nil {
			f.writeError(w, r, ofFile(err))
			return
		}
		w.Header().Del("Connection")
		w.Header().Set("Location", f.Files.PermanentLink(file)) // as S3 does
		w.WriteHeader(http.StatusNoContent)
	}))
}

// ofFile says of an error about the bytes that it is about the part with the file.
func ofFile(err error) error {
	bad, ok := errors.AsType[*taskhook.Error](err)
	if !ok || bad.Code != taskhook.CodeMalformed && bad.Code != taskhook.CodeInvalid {
		return err
	}
	return &taskhook.Error{Code: taskhook.CodeInvalid, Field: "file", Message: bad.Message, Err: err}
}

// The bounds of what may stand before the file in a form.
const (
	maxFields = 20
	maxField  = 4 << 10 // bytes
)

// readForm reads a form up to the part file. The connection is to end with the
// answer unless that part is read to its end.
func readForm(w http.ResponseWriter, r *http.Request) (fields map[string]string, file *multipart.Part, err error) {
	w.Header().Set("Connection", "close")
	form, err := r.MultipartReader()
	if err != nil {
		return nil, nil, &taskhook.Error{Code: taskhook.CodeMissing, Field: "file", Message: "Send a form with the part file.", Err: err}
	}
	// Large files take longer than requests usually may. Where the connection has no
	// deadline there is none to put off.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime))
	fields = map[string]string{}
	for range maxFields + 1 {
		part, err := form.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, unreadable(err)
		}
		name := part.FormName()
		if name == "file" {
			return fields, part, nil
		}
		value, err := io.ReadAll(io.LimitReader(part, maxField+1))
		if err != nil || len(value) > maxField {
			return nil, nil, unreadable(err)
		}
		fields[name] = string(value)
	}
	return nil, nil, taskhook.FieldErrorf(taskhook.CodeMissing, "file", "file is required, after at most %d other fields.", maxFields)
}

func unreadable(err error) error {
	return &taskhook.Error{Code: taskhook.CodeMalformed, Field: "file", Message: "The form can't be read. Send it as multipart/form-data.", Err: err}
}
