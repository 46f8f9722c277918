package store

import (
	"bytes"
	"context"
	"regexp"
	"time"

	"github.com/taskhook/taskhook"
)

const fileColumns = `id, account, filename, content_type, size, content, sha256, created_at, completed_at`

func scanFile(r scanner) (f taskhook.File, err error) {
	var created int64
	var completed *int64
	err = r.Scan(&f.ID, &f.AccountID, &f.Filename, &f.ContentType, &f.Size, &f.Content, &f.SHA256, &created, &completed)
	f.CreatedAt, f.CompletedAt = at(created), atOrZero(completed)
	return f, err
}

// CreateFile stores a file whose bytes are still to come. After an error it can
// be repeated.
func (s *Store) CreateFile(ctx context.Context, f taskhook.File) error {
	return s.update(ctx, s.kinds.createFile, func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, `INSERT INTO files (id, account, filename, content_type, size, created_at, used_at)
			VALUES (`+marks(1, 7)+`) ON CONFLICT (id) DO NOTHING`, f.ID, f.AccountID, f.Filename, f.ContentType, f.Size, ms(f.CreatedAt), ms(f.CreatedAt))
		return err
	})
}

// FileByID returns the file with the id, complete or not, whoever it belongs to:
// a link is what gives access.
func (s *Store) FileByID(ctx context.Context, id string) (taskhook.File, error) {
	return readFile(ctx, s.db, `SELECT `+fileColumns+` FROM files WHERE id = $1`, id)
}

// File returns a file of the account, complete or not.
func (s *Store) File(ctx context.Context, account, id string) (taskhook.File, error) {
	return accountFile(ctx, s.db, account, id)
}

func accountFile(ctx context.Context, r reader, account, id string) (taskhook.File, error) {
	return readFile(ctx, r, `SELECT `+fileColumns+` FROM files WHERE id = $1 AND account = $2`, id, account)
}

func readFile(ctx context.Context, r reader, query string, id string, more ...any) (taskhook.File, error) {
	f, ok, err := first(ctx, r, scanFile, query, append([]any{id}, more...)...)
	if err == nil && !ok {
		err = taskhook.Errorf(taskhook.CodeNotFound, "There is no file %s in this account.", id)
	}
	return f, err
}

// Files lists complete files, newest first.
func (s *Store) Files(ctx context.Context, f taskhook.FileFilter) (taskhook.List[taskhook.File], error) {
	var scope conditions
	scope.add("account = ?", f.AccountID)
	scope.add("completed_at IS NOT NULL")
	return list(ctx, s.db, listing[taskhook.File]{
		columns: fileColumns, from: ` FROM files`, id: "id", scope: scope, page: f.Page, scan: scanFile,
		cursor: func(f taskhook.File) string { return f.ID },
	})
}

// RecordUpload makes content the bytes of a file, in place of those before, whose
// id it returns. A complete file keeps what it has: that is a conflict.
func (s *Store) RecordUpload(ctx context.Context, id, content, sha256 string) (before string, err error) {
	err = s.update(ctx, s.kinds.recordUpload, func(ctx context.Context, t tx) error {
		f, err := readFile(ctx, t, `SELECT `+fileColumns+` FROM files WHERE id = $1`, id)
		switch {
		case err != nil:
			return err
		case f.Complete():
			return taskhook.Errorf(taskhook.CodeConflict, "The file is complete and can't be changed; upload another one.")
		}
		if before = f.Content; before == content {
			before = "" // repeated
		}
		_, err = t.exec(ctx, `UPDATE files SET content = $1, sha256 = $2 WHERE id = $3 AND completed_at IS NULL`, content, sha256, id)
		return err
	})
	return before, err
}

// CompleteFile closes a file of the account, whose bytes must be there, and
// returns it. One that is complete is left as it is.
func (s *Store) CompleteFile(ctx context.Context, now time.Time, account, id string) (f taskhook.File, err error) {
	err = s.update(ctx, s.kinds.completeFile, func(ctx context.Context, t tx) (err error) {
		f, err = accountFile(ctx, t, account, id)
		switch {
		case err != nil || f.Complete():
			return err
		case f.Content == "":
			return taskhook.Errorf(taskhook.CodeConflict, "Nothing was uploaded yet: PUT the bytes to the upload_url first.")
		}
		f.CompletedAt = at(ms(now))
		t.note(taskhook.KindFiles, taskhook.Amount{Rows: 1, Bytes: f.Size})
		_, err = t.exec(ctx, `UPDATE files SET completed_at = $1 WHERE id = $2 AND completed_at IS NULL`, ms(now), id)
		return err
	})
	return f, err
}

// DeleteFile forgets a file of the account and returns the id of its bytes, empty
// when there are none.
func (s *Store) DeleteFile(ctx context.Context, account, id string) (content string, err error) {
	err = s.update(ctx, s.kinds.deleteFile, func(ctx context.Context, t tx) error {
		f, err := accountFile(ctx, t, account, id)
		if err != nil {
			return err
		}
		content = f.Content
		if f.Complete() {
			t.note(taskhook.KindFiles, less(1, f.Size))
		}
		_, err = t.exec(ctx, `DELETE FROM files WHERE id = $1`, id)
		return err
	})
	return content, err
}

// DeleteUnfinished forgets up to limit files that were announced before a moment
// and never completed. It returns the ids of their bytes, empty ones too.
func (s *Store) DeleteUnfinished(ctx context.Context, before time.Time, limit int) (contents []string, err error) {
	err = s.update(ctx, s.kinds.deleteUnfinished, func(ctx context.Context, t tx) (err error) {
		contents, err = collect(ctx, t, scanInto[string], `DELETE FROM files WHERE id IN
			(SELECT id FROM files WHERE completed_at IS NULL AND id < $1 LIMIT $2) RETURNING content`,
			taskhook.FloorID(taskhook.PrefixFile, before), limit)
		return err
	})
	return contents, err
}

// KnownContents returns which of the ids are the bytes of files.
func (s *Store) KnownContents(ctx context.Context, ids []string) (map[string]bool, error) {
	return known(ctx, s.db, `SELECT content FROM files WHERE content <> '' AND content`, ids)
}

// fileIDs are in inputs, in links and references alike.
var fileIDs = regexp.MustCompile(taskhook.PrefixFile + `[0-9a-z]{26}`)

// useAgain is how long a use of a file stands for those that follow.
const useAgain = time.Hour

// useFiles notes that an input names files, which are kept from then on anew.
func useFiles(ctx context.Context, t tx, now time.Time, account string, input []byte) error {
	if !bytes.Contains(input, []byte(taskhook.PrefixFile)) {
		return nil
	}
	for _, id := range fileIDs.FindAllString(string(input), -1) {
		if _, err := t.exec(ctx, `UPDATE files SET used_at = $1 WHERE id = $2 AND account = $3 AND used_at < $4`,
			ms(now), id, account, ms(now.Add(-useAgain))); err != nil {
			return err
		}
	}
	return nil
}
