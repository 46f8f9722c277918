package store

import "context"

// KeptFile is a file that a row names.
type KeptFile struct {
	ID        string // of its bytes
	Size      int64
	SHA256    string // hex
	MediaType string
}

// Results returns up to limit files of results that are kept, after the one with
// the id.
func (m *Move) Results(ctx context.Context, after string, limit int) ([]KeptFile, error) {
	return m.files(ctx, `SELECT id, size, sha256, media_type FROM artifacts WHERE id > $1 AND removed = 0 ORDER BY id LIMIT $2`, after, limit)
}

// Uploads is Results for uploaded files.
func (m *Move) Uploads(ctx context.Context, after string, limit int) ([]KeptFile, error) {
	return m.files(ctx, `SELECT content, size, sha256, content_type FROM files WHERE content > $1 AND content <> '' ORDER BY content LIMIT $2`, after, limit)
}

func (m *Move) files(ctx context.Context, query, after string, limit int) ([]KeptFile, error) {
	return collect(ctx, m.source, func(r scanner) (f KeptFile, err error) {
		err = r.Scan(&f.ID, &f.Size, &f.SHA256, &f.MediaType)
		return f, err
	}, query, after, limit)
}

// FilesMoved returns what NoteFiles was last told of a folder, by whichever process;
// empty: nothing.
func (m *Move) FilesMoved(folder string) (last string) { return m.mark.Files[folder] }

// NoteFiles notes durably that the files of a folder up to the one with the id need
// not be looked at again.
func (m *Move) NoteFiles(ctx context.Context, folder, last string) error {
	m.mark.Files[folder] = last
	return m.inTarget(ctx, func(t *postgresTx) error { return m.saveMark(ctx, t) })
}
