package store

import (
	"context"
	"maps"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

const artifactColumns = `id, task, position, name, format, media_type, size, sha256, duration, safety, generation, removed, created_at`

func scanArtifact(r scanner) (a taskhook.Artifact, err error) {
	var duration, created int64
	err = r.Scan(&a.ID, &a.TaskID, &a.Index, &a.Name, &a.Format, &a.MediaType, &a.Size, &a.SHA256, &duration,
		&a.Safety, &a.Generation, &a.Removed, &created)
	a.Duration, a.CreatedAt = time.Duration(duration)*time.Millisecond, at(created)
	return a, err
}

func insertArtifact(ctx context.Context, t tx, account string, a *taskhook.Artifact) error {
	t.note(taskhook.KindArtifacts, taskhook.Amount{Rows: 1, Bytes: a.Size})
	_, err := t.exec(ctx, `INSERT INTO artifacts (id, task, account, position, name, format, media_type, size, sha256,
		duration, safety, generation, created_at) VALUES (`+marks(1, 13)+`)`, a.ID, a.TaskID, account, a.Index, a.Name, a.Format,
		a.MediaType, a.Size, a.SHA256, a.Duration.Milliseconds(), string(a.Safety), a.Generation, ms(a.CreatedAt))
	return err
}

// ArtifactByName returns the artifact with the file name, with whatever extension
// and whoever it belongs to: the link is what gives access.
func (s *Store) ArtifactByName(ctx context.Context, name string) (taskhook.Artifact, error) {
	stem, _, _ := strings.Cut(name, ".")
	a, ok, err := first(ctx, s.db, scanArtifact, `SELECT `+artifactColumns+` FROM artifacts WHERE name > $1 AND name < $2`,
		stem+".", stem+"/") // the byte after the dot
	if err == nil && !ok {
		err = taskhook.Errorf(taskhook.CodeNotFound, "There is no result %s.", name)
	}
	return a, err
}

// Result returns a result of a task of the account, by its file name.
func (s *Store) Result(ctx context.Context, account, name string) (taskhook.Artifact, error) {
	a, ok, err := first(ctx, s.db, scanArtifact, `SELECT `+artifactColumns+` FROM artifacts WHERE name = $1 AND account = $2`, name, account)
	if err == nil && !ok {
		err = taskhook.Errorf(taskhook.CodeNotFound, "There is no result %.80q in this account.", name)
	}
	return a, err
}

// KnownArtifacts returns which of the ids are artifacts whose files are kept, or
// pieces of what workers send.
func (s *Store) KnownArtifacts(ctx context.Context, ids []string) (map[string]bool, error) {
	is, err := known(ctx, s.db, `SELECT id FROM artifacts WHERE removed = 0 AND id`, ids)
	if err != nil {
		return nil, err
	}
	parts, err := known(ctx, s.db, `SELECT id FROM worker_parts WHERE id`, ids)
	maps.Copy(is, parts)
	return is, err
}

// known returns which of the ids a query finds, which ends before their list.
func known(ctx context.Context, r reader, query string, ids []string) (map[string]bool, error) {
	is := map[string]bool{}
	if len(ids) == 0 {
		return is, nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	found, err := collect(ctx, r, scanInto[string], query+` IN (`+marks(1, len(ids))+`)`, args...)
	for _, id := range found {
		is[id] = true
	}
	return is, err
}
