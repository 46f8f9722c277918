package store

import (
	"context"
	"fmt"
)

// KeptFile is a file that a row names.
type KeptFile struct {
	ID        string // of its bytes
	Size      int64
	SHA256    string // hex
	MediaType string
}

// FilesMark is how far the files of a kind are.
type FilesMark struct {
	Last    string `json:"last"` // its id; those up to it need not be looked at again
	Kept    int64  `json:"kept"` // are where they are to be
	Bytes   int64  `json:"bytes"`
	Missing int64  `json:"missing"` // are nowhere
}

// FileKind is what files are: results of tasks, or inputs that clients uploaded.
type FileKind string

// The kinds of files.
const (
	ResultFiles   FileKind = "results"
	UploadedFiles FileKind = "uploads"
)

// from is the columns of a KeptFile and the rows that name one; its id comes first.
func (k FileKind) from() (id, columns, rest string) {
	if k == UploadedFiles {
		return "content", "size, sha256, content_type", ` FROM files WHERE content <> ''`
	}
	return "id", "size, sha256, media_type", ` FROM artifacts WHERE removed = 0 AND inline = 0`
}

// Files returns up to limit files of a kind after the one with the id, in the order
// of their ids.
func (m *Move) Files(ctx context.Context, kind FileKind, after string, limit int) ([]KeptFile, error) {
	id, columns, rest := kind.from()
	files, err := collect(ctx, m.source, func(r scanner) (f KeptFile, err error) {
		err = r.Scan(&f.ID, &f.Size, &f.SHA256, &f.MediaType)
		return f, err
	}, `SELECT `+id+`, `+columns+rest+` AND `+id+` > $1 ORDER BY `+id+` LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", kind, err)
	}
	return files, nil
}

// CountFiles returns how many files of a kind there are.
func (m *Move) CountFiles(ctx context.Context, kind FileKind) (int64, error) {
	_, _, rest := kind.from()
	n, _, err := first(ctx, m.source, scanInto[int64], `SELECT count(*)`+rest)
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", kind, err)
	}
	return n, nil
}

// FilesDone returns what NoteFiles was last told of a kind, by whichever process.
func (m *Move) FilesDone(kind FileKind) FilesMark { return m.mark.Files[kind] }

// NoteFiles notes durably how far the files of a kind are.
func (m *Move) NoteFiles(ctx context.Context, kind FileKind, done FilesMark) error {
	m.mark.Files[kind] = done
	err := m.inTarget(ctx, func(t *postgresTx) error { return m.saveMark(ctx, t) })
	if err != nil {
		return err
	}
	return m.options.Fault.at("move:files")
}
