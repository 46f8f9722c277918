package modelhunter

import (
	"net/http"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// announceFile answers POST /files/upload-url.
func (f *Face) announceFile(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	body, err := readObject(w, r)
	if err != nil {
		return err
	}
	n, err := decodeFile(body)
	if err != nil {
		return err
	}
	u, err := f.Files.Announce(r.Context(), who.AccountID, n)
	if err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, client.Upload{UploadURL: u.URL, FileID: u.FileID, ExpiresAt: wholeSecond(u.ExpiresAt)})
}

// decodeFile reads the body that announces a file.
func decodeFile(body []byte) (n taskhook.NewFile, err error) {
	var size *int64
	err = decodeObject(body, func(name string) any {
		switch name {
		case "filename":
			return &n.Filename
		case "contentType":
			return &n.ContentType
		case "sizeBytes":
			return &size
		}
		return nil
	})
	switch {
	case err != nil:
		return n, err
	case n.Filename == "":
		return n, missing("filename")
	case n.ContentType == "":
		return n, missing("contentType")
	case size == nil:
		return n, missing("sizeBytes")
	}
	n.Size = *size
	return n, nil
}

// completeFile answers POST /files/{file_id}/complete.
func (f *Face) completeFile(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := fileID(r)
	if err != nil {
		return err
	}
	file, err := f.Files.Complete(r.Context(), who.AccountID, id)
	if err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, f.renderFile(file, f.Now()))
}

// file answers GET /files/{file_id}.
func (f *Face) file(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := fileID(r)
	if err != nil {
		return err
	}
	file, err := f.Files.File(r.Context(), who.AccountID, id)
	if err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, f.renderFile(file, f.Now()))
}

// listFiles answers GET /files.
func (f *Face) listFiles(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	q := queryOf(r)
	filter := taskhook.FileFilter{AccountID: who.AccountID, Page: q.page(defaultLimit, taskhook.PrefixFile)}
	if q.err != nil {
		return q.err
	}
	list, err := f.Files.Files(r.Context(), filter)
	if err != nil {
		return err
	}
	now := f.Now()
	return writeList(f, w, r, list, func(file taskhook.File) client.File { return f.renderFile(file, now) })
}

// deleteFile answers DELETE /files/{file_id}.
func (f *Face) deleteFile(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := fileID(r)
	if err != nil {
		return err
	}
	if err := f.Files.Delete(r.Context(), who.AccountID, id); err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, client.Deleted{ID: id, Deleted: true})
}

// renderFile shows a file with a link made now.
func (f *Face) renderFile(file taskhook.File, now time.Time) client.File {
	return client.File{ID: file.ID, URL: f.Uploads.Link(file, now), Filename: file.Filename, ContentType: file.ContentType,
		SizeBytes: file.Size, CreatedAt: wholeSecond(file.CreatedAt)}
}
