package taskhook

import "time"

// File is an input that a client uploads. Its bytes may be there before it is
// complete, which is when it can be used.
type File struct {
	ID          string
	AccountID   string
	Filename    string // as the client calls it, for people only
	ContentType string // "image/png"
	Size        int64  // bytes, as announced and as received
	Content     string // id under which the bytes are kept; empty before they are there
	SHA256      string // hex; empty before they are there
	CreatedAt   time.Time
	CompletedAt time.Time // zero until the client has confirmed the upload
}

// Complete reports whether the file can be used.
func (f *File) Complete() bool { return !f.CompletedAt.IsZero() }

// NewFile announces a file, as the client wrote it.
type NewFile struct {
	Filename    string
	ContentType string
	Size        int64 // bytes
}

// Upload says where the bytes of a file are to be sent.
type Upload struct {
	FileID    string
	URL       string
	ExpiresAt time.Time
}

// UploadForm says where a form with a file may be sent without a key: with the
// fields as they are, and after them the part "file". The file is then at URL and
// the field "key" together.
type UploadForm struct {
	URL    string
	Fields map[string]string
}

// FileFilter selects complete files of one account, newest first.
type FileFilter struct {
	AccountID string
	Page
}
