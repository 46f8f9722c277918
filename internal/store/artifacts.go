package store

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

const artifactColumns = `id, task, position, name, format, media_type, size, sha256, duration, safety, generation, removed, created_at, inline,
	copied, copy_error`

func scanArtifact(r scanner) (a taskhook.Artifact, err error) {
	var duration, created int64
	err = r.Scan(&a.ID, &a.TaskID, &a.Index, &a.Name, &a.Format, &a.MediaType, &a.Size, &a.SHA256, &duration,
		&a.Safety, &a.Generation, &a.Removed, &created, &a.Inline, &a.Copied, &a.CopyError)
	a.Duration, a.CreatedAt = time.Duration(duration)*time.Millisecond, at(created)
	if a.Index < 0 {
		a.Index, a.Role = placeOfPoster(a.Index), taskhook.RolePoster
	}
	return a, err
}

// placeOfPoster is the position of the poster of the result at a position, and the
// other way round.
func placeOfPoster(position int) int { return -1 - position }

// newArtifacts gathers the rows of artifacts that are added.
type newArtifacts struct {
	rows, contents []any
	amount         taskhook.Amount
}

// add takes an artifact of an account; a poster of it is to be made when due is not
// nil, and a copy if its state says so.
func (n *newArtifacts) add(account string, a *taskhook.Artifact, due any, copied taskhook.CopyState) {
	position := a.Index
	if a.Role == taskhook.RolePoster {
		position = placeOfPoster(a.Index)
	}
	n.amount = n.amount.Add(taskhook.Amount{Rows: 1, Bytes: a.Size})
	n.rows = append(n.rows, a.ID, a.TaskID, account, position, a.Name, a.Format, a.MediaType, a.Size, a.SHA256,
		a.Duration.Milliseconds(), string(a.Safety), a.Generation, ms(a.CreatedAt), flag(a.Inline), due, string(copied))
	if a.Inline {
		n.contents = append(n.contents, a.ID, a.Content)
	}
}

func (n *newArtifacts) insert(ctx context.Context, t tx) error {
	t.note(taskhook.KindArtifacts, n.amount)
	if err := t.many(ctx, nil, artifactRows, n.rows); err != nil {
		return err
	}
	return t.many(ctx, nil, contentRows, n.contents)
}

// insertResults adds the results of tasks that have ended.
func (s *Store) insertResults(ctx context.Context, t tx, ended []*finishedRun) error {
	var added newArtifacts
	for _, f := range ended {
		for i := range f.Task.Results {
			a := &f.Task.Results[i]
			added.add(f.ended.AccountID, a, s.posterDue(a), f.ended.copied)
		}
	}
	return added.insert(ctx, t)
}

// eachResult calls do with the results among artifacts, each with its poster if that is
// kept. The artifacts are in the order of their tasks and positions.
func eachResult(artifacts []taskhook.Artifact, do func(taskhook.Artifact)) {
	var posters map[int]*taskhook.Artifact // of the task
	task := ""
	for i := range artifacts {
		a := &artifacts[i]
		if a.TaskID != task {
			task, posters = a.TaskID, map[int]*taskhook.Artifact{}
		}
		switch {
		case a.Role == taskhook.RoleResult:
			a.Poster = posters[a.Index]
			do(*a)
		case !a.Removed:
			posters[a.Index] = a
		}
	}
}

// Content returns the bytes of an artifact that is inline; fs.ErrNotExist when they
// are not there.
func (s *Store) Content(ctx context.Context, id string) ([]byte, error) {
	content, ok, err := first(ctx, s.db, scanInto[[]byte], `SELECT bytes FROM contents WHERE artifact = $1`, id)
	if err == nil && !ok {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("read content: %w", err)
	}
	return content, nil
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
	if len(ids) == 0 {
		return nil, nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	found, err := collect(ctx, r, scanInto[string], query+` IN (`+marks(1, len(ids))+`)`, args...)
	return asSet(found), err
}

func asSet[T comparable](ids []T) map[T]bool {
	is := make(map[T]bool, len(ids))
	for _, id := range ids {
		is[id] = true
	}
	return is
}
